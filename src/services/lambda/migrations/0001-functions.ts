import type { Migration } from "#storage/database.ts";

export const functions: Migration = {
  name: "0001-functions",
  statements: [
    `create table lambda_functions (
      account_id text not null, region text not null, name text not null,
      tags text not null,
      primary key (account_id, region, name))`,
    // What AWS calls a function is a row of this table per version; `configuration` is the JSON of FunctionVersion.
    `create table lambda_versions (
      account_id text not null, region text not null, name text not null, version text not null,
      revision_id text not null, code_digest text not null, code_bytes integer not null, is_settling integer not null, configuration text not null,
      primary key (account_id, region, name, version))`,
    `create index lambda_versions_by_code on lambda_versions (code_digest)`,
    `create table lambda_async_events (
      id text not null primary key, account_id text not null, region text not null, name text not null, qualifier text,
      payload blob not null, context text not null, attempt integer not null, accepted_ms integer not null, due_ms integer not null)`,
    `create index lambda_async_events_by_due on lambda_async_events (due_ms)`,
  ],
};
