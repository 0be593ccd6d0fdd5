import type { StatusType, Tag } from "@aws-sdk/client-iam";
import { queryBuilder } from "#storage/query-builder.ts";
import type { Entity, EntityDetails, EntityKind } from "../entity.ts";

/** As in migrations/. Rows that belong to an entity are keyed by its id, so that a new name moves nothing. */
export interface IamTables {
  iam_entities: EntityRow;
  iam_memberships: { container_id: string; member_id: string };
  iam_inline_policies: { owner_id: string; name: string; document: string };
  iam_attachments: { owner_id: string; policy_arn: string; account_id: string };
  iam_policy_versions: { policy_id: string; number: number; document: string; created_at_ms: number };
  iam_access_keys: { id: string; user_id: string; secret_access_key: string; status: StatusType; created_at_ms: number };
  iam_account_aliases: { account_id: string; alias: string };
}

export interface EntityRow {
  id: string;
  account_id: string;
  kind: EntityKind;
  name: string;
  /** Lower case: AWS's names are unique without regard to case. */
  name_key: string;
  path: string;
  created_at_ms: number;
  revision: number;
  /** JSON */
  tags: string;
  permissions_boundary_arn: string | null;
  /** JSON */
  details: string;
}

export const sql = queryBuilder<IamTables>();

export const toRow = (entity: Entity): EntityRow => ({
  id: entity.id,
  account_id: entity.accountId,
  kind: entity.kind,
  name: entity.name,
  name_key: entity.name.toLowerCase(),
  path: entity.path,
  created_at_ms: entity.createdAtMs,
  revision: entity.revision,
  tags: JSON.stringify(entity.tags),
  permissions_boundary_arn: entity.permissionsBoundaryArn ?? null,
  details: JSON.stringify(entity.details),
});

export const fromRow = <Kind extends EntityKind>(row: EntityRow): Entity<Kind> => ({
  id: row.id,
  accountId: row.account_id,
  kind: row.kind as Kind,
  name: row.name,
  path: row.path,
  createdAtMs: row.created_at_ms,
  revision: row.revision,
  tags: JSON.parse(row.tags) as Tag[],
  permissionsBoundaryArn: row.permissions_boundary_arn ?? undefined,
  details: JSON.parse(row.details) as EntityDetails[Kind],
});
