import type { AppendLogs } from "#storage/append-log.ts";
import type { Database } from "#storage/database.ts";

/** What main.ts hands in besides what every service gets. */
export interface LogsPorts {
  database: Database;
  /** This service's alone: logs that belong to no group are removed. */
  appendLogs: AppendLogs;
}
