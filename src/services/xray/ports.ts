import type { Database } from "#storage/database.ts";

/** What main.ts hands in besides what every service gets. */
export interface XrayPorts {
  database: Database;
  /** Where spans go besides: an OTLP receiver's URL for traces. */
  otlpEndpoint?: string | undefined;
}
