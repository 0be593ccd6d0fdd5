import type { Migration } from "#storage/database.ts";

/**
 * Messages belong to a shelf, not to a queue: purging a queue gives it a new shelf, at once, and the old one is cleared in peace.
 * `lane` says how far a message has come: 0 never received, 1 delayed and never received, 2 received. `due_ms` is when it may be received
 * (lanes 1 and 2).
 */
export const initial: Migration = {
  name: "0001-initial",
  statements: [
    `create table sqs_queues (
      id text primary key, account_id text not null, region text not null, name text not null, shelf_id text not null,
      attributes text not null, tags text not null, created_ms integer not null, modified_ms integer not null, purged_ms integer not null)`,
    "create unique index sqs_queues_by_name on sqs_queues (account_id, region, name)",
    `create table sqs_deleted_queues (
      account_id text not null, region text not null, name text not null, deleted_ms integer not null,
      primary key (account_id, region, name))`,
    `create table sqs_messages (
      sequence integer primary key, shelf_id text not null, lane integer not null, due_ms integer not null,
      message_id text not null, body text not null, attributes text, trace_header text, sender_id text not null,
      group_id text, deduplication_id text, dead_letter_source text, sent_ms integer not null,
      receive_count integer not null, earlier_receives integer not null, first_received_ms integer, received_ms integer, receipt text)`,
    "create index sqs_messages_by_lane on sqs_messages (shelf_id, lane, due_ms, sequence)",
    "create index sqs_messages_by_age on sqs_messages (shelf_id, sent_ms)",
    "create table sqs_discarded_shelves (shelf_id text primary key, discarded_ms integer not null)",
    `create table sqs_deduplications (
      scope text not null, deduplication_id text not null, message_id text not null, sequence integer not null, expires_ms integer not null,
      primary key (scope, deduplication_id))`,
    "create index sqs_deduplications_by_expiry on sqs_deduplications (expires_ms)",
    `create table sqs_move_tasks (
      id text primary key, source_arn text not null, destination_arn text, messages_per_second integer,
      status text not null, moved integer not null, to_move integer not null, failure_reason text, started_ms integer not null)`,
    "create index sqs_move_tasks_by_source on sqs_move_tasks (source_arn, started_ms)",
  ],
};
