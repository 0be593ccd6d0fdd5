import type { Migration } from "#storage/database.ts";

export const initial: Migration = {
  name: "0001-initial",
  statements: [
    `create table xray_traces (
      account_id text not null, region text not null, trace_id text not null,
      started_ms bigint not null, ended_ms bigint not null, updated_ms bigint not null, size_bytes bigint not null,
      primary key (account_id, region, trace_id))`,
    "create index xray_traces_by_start on xray_traces (account_id, region, started_ms, trace_id)",
    "create index xray_traces_by_update on xray_traces (updated_ms)",
    `create table xray_segments (
      account_id text not null, region text not null, trace_id text not null, segment_id text not null, document text not null,
      primary key (account_id, region, trace_id, segment_id))`,
  ],
};
