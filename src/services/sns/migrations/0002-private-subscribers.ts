import type { Migration } from "#storage/database.ts";

export const privateSubscribers: Migration = {
  name: "0002-private-subscribers",
  statements: ["ALTER TABLE sns_subscriptions ADD COLUMN may_be_private integer NOT NULL DEFAULT 1"],
};
