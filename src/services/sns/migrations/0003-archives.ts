import type { Migration } from "#storage/database.ts";

export const archives: Migration = {
  name: "0003-archives",
  statements: [
    "ALTER TABLE sns_topics ADD COLUMN archived_since_ms integer",
    "ALTER TABLE sns_topics ADD COLUMN archive_changes integer NOT NULL DEFAULT 0",
    "ALTER TABLE sns_subscriptions ADD COLUMN replay_status text",
    "ALTER TABLE sns_subscriptions ADD COLUMN replay_position text",
    "CREATE INDEX sns_subscriptions_by_replay ON sns_subscriptions (replay_status)",
    `CREATE TABLE sns_archive (topic_arn text NOT NULL, sequence text NOT NULL, content text NOT NULL, PRIMARY KEY (topic_arn, sequence))`,
    "CREATE INDEX sns_deliveries_by_subscription ON sns_deliveries (subscription_arn, sequence)",
  ],
};
