/** What may be written, as statements: operations put them together to one atomic unit (change.ts). */
import type { StatusType } from "@aws-sdk/client-iam";
import type { Statement } from "#storage/database.ts";
import type { Entity } from "../entity.ts";
import { sql, toRow } from "./tables.ts";

export const insertEntity = (entity: Entity): Statement => ({
  query: sql.insertInto("iam_entities").values(toRow(entity)).compile(),
  expectRows: 1,
});

/** Fails the unit if the entity has changed since it was read. */
export const advanceRevision = ({ id, revision }: Entity): Statement => ({
  query: sql
    .updateTable("iam_entities")
    .set({ revision: revision + 1 })
    .where("id", "=", id)
    .where("revision", "=", revision)
    .compile(),
  expectRows: 1,
});

/** Fails the unit if the entity is gone; makes those start over who want to delete it. */
export const holdEntity = ({ id }: Entity): Statement => ({
  query: sql
    .updateTable("iam_entities")
    .set((column) => ({ revision: column("revision", "+", 1) }))
    .where("id", "=", id)
    .compile(),
  expectRows: 1,
});

/** All but the revision, which `advanceRevision` sees to. */
export function saveEntity(entity: Entity): Statement {
  const { revision: _, ...columns } = toRow(entity);
  return { query: sql.updateTable("iam_entities").set(columns).where("id", "=", entity.id).compile(), expectRows: 1 };
}

export const removeEntity = ({ id }: Entity): Statement => ({
  query: sql.deleteFrom("iam_entities").where("id", "=", id).compile(),
  expectRows: 1,
});

/** Of a user in a group, or a role in an instance profile. */
export const insertMembership = (container: Entity, member: Entity): Statement => ({
  query: sql.insertInto("iam_memberships").values({ container_id: container.id, member_id: member.id }).compile(),
});

export const removeMembership = (container: Entity, member: Entity): Statement => ({
  query: sql.deleteFrom("iam_memberships").where("container_id", "=", container.id).where("member_id", "=", member.id).compile(),
});

export const insertInlinePolicy = (owner: Entity, name: string, document: string): Statement => ({
  query: sql.insertInto("iam_inline_policies").values({ owner_id: owner.id, name, document }).compile(),
});

export const removeInlinePolicy = (owner: Entity, name: string): Statement => ({
  query: sql.deleteFrom("iam_inline_policies").where("owner_id", "=", owner.id).where("name", "=", name).compile(),
});

export const insertAttachment = (owner: Entity, policyArn: string): Statement => ({
  query: sql.insertInto("iam_attachments").values({ owner_id: owner.id, policy_arn: policyArn, account_id: owner.accountId }).compile(),
});

export const removeAttachment = (owner: Entity, policyArn: string): Statement => ({
  query: sql.deleteFrom("iam_attachments").where("owner_id", "=", owner.id).where("policy_arn", "=", policyArn).compile(),
});

export const insertPolicyVersion = (policy: Entity<"policy">, number: number, document: string, createdAtMs: number): Statement => ({
  query: sql.insertInto("iam_policy_versions").values({ policy_id: policy.id, number, document, created_at_ms: createdAtMs }).compile(),
});

export const removePolicyVersion = (policy: Entity<"policy">, number: number): Statement => ({
  query: sql.deleteFrom("iam_policy_versions").where("policy_id", "=", policy.id).where("number", "=", number).compile(),
});

export interface NewAccessKey {
  id: string;
  secretAccessKey: string;
  createdAtMs: number;
}

export const insertAccessKey = (user: Entity<"user">, key: NewAccessKey): Statement => ({
  query: sql
    .insertInto("iam_access_keys")
    .values({ id: key.id, user_id: user.id, secret_access_key: key.secretAccessKey, status: "Active", created_at_ms: key.createdAtMs })
    .compile(),
});

export const saveAccessKeyStatus = (id: string, status: StatusType): Statement => ({
  query: sql.updateTable("iam_access_keys").set({ status }).where("id", "=", id).compile(),
});

export const removeAccessKey = (id: string): Statement => ({
  query: sql.deleteFrom("iam_access_keys").where("id", "=", id).compile(),
});

export const insertAccountAlias = (accountId: string, alias: string): Statement => ({
  query: sql.insertInto("iam_account_aliases").values({ account_id: accountId, alias }).compile(),
});

export const removeAccountAlias = (accountId: string): Statement => ({
  query: sql.deleteFrom("iam_account_aliases").where("account_id", "=", accountId).compile(),
});
