import type { Migration } from "#storage/database.ts";

export const migrations: readonly Migration[] = [
  {
    name: "0001-initial",
    statements: [
      `CREATE TABLE logs_groups (
        id TEXT NOT NULL PRIMARY KEY,
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        name TEXT NOT NULL,
        class TEXT NOT NULL,
        created_at_ms BIGINT NOT NULL,
        retention_days BIGINT,
        kms_key_id TEXT,
        is_protected BIGINT NOT NULL,
        stored_bytes BIGINT NOT NULL
      )`,
      "CREATE UNIQUE INDEX logs_groups_by_name ON logs_groups (account_id, region, name)",
      `CREATE TABLE logs_streams (
        id TEXT NOT NULL PRIMARY KEY,
        group_id TEXT NOT NULL,
        name TEXT NOT NULL,
        created_at_ms BIGINT NOT NULL,
        first_event_ms BIGINT,
        last_event_ms BIGINT NOT NULL,
        last_ingestion_ms BIGINT
      )`,
      "CREATE UNIQUE INDEX logs_streams_by_name ON logs_streams (group_id, name)",
      "CREATE INDEX logs_streams_by_last_event ON logs_streams (group_id, last_event_ms, name)",
      `CREATE TABLE logs_tags (
        group_id TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (group_id, key)
      )`,
    ],
  },
];
