import type { Migration } from "#storage/database.ts";

export const satellites: Migration = {
  name: "0003-satellites",
  statements: [
    // What hangs on a function, a version or an alias (`qualifier`) and goes away with it; `content` is the JSON of its kind in
    // satellites/satellite.ts, `lookup` what it is found by from elsewhere.
    `create table lambda_satellites (
      account_id text not null, region text not null, name text not null, kind text not null, qualifier text not null,
      lookup text, content text not null,
      primary key (account_id, region, name, kind, qualifier))`,
    `create index lambda_satellites_by_lookup on lambda_satellites (kind, lookup)`,
    `create index lambda_satellites_by_kind on lambda_satellites (account_id, region, kind)`,
    `create table lambda_code_signing_configs (
      account_id text not null, region text not null, id text not null,
      content text not null, tags text not null,
      primary key (account_id, region, id))`,
  ],
};
