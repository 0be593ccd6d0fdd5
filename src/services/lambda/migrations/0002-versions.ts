import type { Migration } from "#storage/database.ts";

export const versions: Migration = {
  name: "0002-versions",
  statements: [
    // Orders the versions of a function: 0 is $LATEST.
    `alter table lambda_versions add column number integer not null default 0`,
    `create unique index lambda_versions_by_number on lambda_versions (account_id, region, name, number)`,
    // Outlives the function: a number is never used twice, not even by a function made anew under the old name.
    `create table lambda_version_numbers (
      account_id text not null, region text not null, name text not null,
      last_number integer not null,
      primary key (account_id, region, name))`,
    `insert into lambda_version_numbers (account_id, region, name, last_number) select account_id, region, name, 0 from lambda_functions`,
    // `configuration` is the JSON of Alias.
    `create table lambda_aliases (
      account_id text not null, region text not null, name text not null, alias text not null,
      version text not null, additional_version text, revision_id text not null, configuration text not null,
      primary key (account_id, region, name, alias))`,
  ],
};
