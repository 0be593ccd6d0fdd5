import type { Migration } from "#storage/database.ts";

export const layers: Migration = {
  name: "0004-layers",
  statements: [
    // Outlives the versions: a number is never used twice.
    `create table lambda_layers (
      account_id text not null, region text not null, name text not null,
      last_number integer not null,
      primary key (account_id, region, name))`,
    // `configuration` is the JSON of LayerVersion, `policy` that of its policy document; `runtimes` and `architectures` are what lists
    // are filtered by, each word between spaces.
    `create table lambda_layer_versions (
      account_id text not null, region text not null, name text not null, number integer not null,
      code_digest text not null, code_bytes integer not null, runtimes text not null, architectures text not null,
      configuration text not null, policy text, policy_revision text,
      primary key (account_id, region, name, number))`,
    `create index lambda_layer_versions_by_code on lambda_layer_versions (code_digest)`,
    // Digests of a version's layers in their order, between spaces: they are kept even when the layer versions are deleted.
    `alter table lambda_versions add column layer_digests text not null default ''`,
    `create index lambda_versions_by_layers on lambda_versions (layer_digests)`,
  ],
};
