import type { Database } from "#storage/database.ts";

/** What main.ts hands in besides what every service gets. */
export interface SqsPorts {
  database: Database;
  /** Aborted when the process begins to stop: receives that wait end then. */
  stopping: AbortSignal;
}
