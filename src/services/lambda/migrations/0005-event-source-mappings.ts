import type { Migration } from "#storage/database.ts";

export const eventSourceMappings: Migration = {
  name: "0005-event-source-mappings",
  statements: [
    // `source_key` is what a function can be mapped to only once, `mapping` the JSON of event-sources/mapping.ts. No mapping goes away with
    // its function.
    `create table lambda_event_source_mappings (
      account_id text not null, region text not null, uuid text not null,
      function_arn text not null, source_arn text, source_key text not null,
      revision integer not null, settles_ms integer, tags text not null, mapping text not null,
      primary key (account_id, region, uuid))`,
    `create unique index lambda_event_source_mappings_by_ends on lambda_event_source_mappings (account_id, region, function_arn, source_key)`,
    `create index lambda_event_source_mappings_by_due on lambda_event_source_mappings (settles_ms)`,
  ],
};
