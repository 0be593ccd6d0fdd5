import type { Migration } from "#storage/database.ts";

export const migrations: readonly Migration[] = [
  {
    name: "0001-initial",
    statements: [
      `CREATE TABLE iam_entities (
        id TEXT NOT NULL PRIMARY KEY,
        account_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        name_key TEXT NOT NULL,
        path TEXT NOT NULL,
        created_at_ms BIGINT NOT NULL,
        revision BIGINT NOT NULL,
        tags TEXT NOT NULL,
        permissions_boundary_arn TEXT,
        details TEXT NOT NULL
      )`,
      "CREATE UNIQUE INDEX iam_entities_by_name ON iam_entities (account_id, kind, name_key)",
      `CREATE TABLE iam_memberships (
        container_id TEXT NOT NULL,
        member_id TEXT NOT NULL,
        PRIMARY KEY (container_id, member_id)
      )`,
      "CREATE INDEX iam_memberships_by_member ON iam_memberships (member_id)",
      `CREATE TABLE iam_inline_policies (
        owner_id TEXT NOT NULL,
        name TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (owner_id, name)
      )`,
      `CREATE TABLE iam_attachments (
        owner_id TEXT NOT NULL,
        policy_arn TEXT NOT NULL,
        account_id TEXT NOT NULL,
        PRIMARY KEY (owner_id, policy_arn)
      )`,
      "CREATE INDEX iam_attachments_by_policy ON iam_attachments (account_id, policy_arn)",
      `CREATE TABLE iam_policy_versions (
        policy_id TEXT NOT NULL,
        number BIGINT NOT NULL,
        document TEXT NOT NULL,
        created_at_ms BIGINT NOT NULL,
        PRIMARY KEY (policy_id, number)
      )`,
      `CREATE TABLE iam_access_keys (
        id TEXT NOT NULL PRIMARY KEY,
        user_id TEXT NOT NULL,
        secret_access_key TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at_ms BIGINT NOT NULL
      )`,
      "CREATE INDEX iam_access_keys_by_user ON iam_access_keys (user_id)",
      `CREATE TABLE iam_account_aliases (
        account_id TEXT NOT NULL PRIMARY KEY,
        alias TEXT NOT NULL UNIQUE
      )`,
    ],
  },
];
