import type { Database } from "#storage/database.ts";

/** What main.ts hands in besides what every service gets. */
export interface IamPorts {
  database: Database;
}
