/** What is read of the database; the statements that write stand in writes.ts. */
import type { Compilable } from "kysely";
import type { Database, Statement } from "#storage/database.ts";
import { withParameters } from "#storage/query-builder.ts";
import type { Entity, EntityKind } from "../entity.ts";
import { type IamTables, fromRow, sql } from "./tables.ts";

export type InlinePolicy = Omit<IamTables["iam_inline_policies"], "owner_id">;
export type AccessKeyRow = IamTables["iam_access_keys"];

export interface PolicyVersionRow {
  number: number;
  document: string;
  created_at_ms: number;
}

export class IamStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All or none; rejects as `Database.write` does. */
  async write(statements: readonly Statement[]): Promise<void> {
    await this.#database.write(statements);
  }

  async findEntity<Kind extends EntityKind>(accountId: string, kind: Kind, name: string): Promise<Entity<Kind> | undefined> {
    const [row] = await this.#database.read(withParameters(anEntity, [accountId, kind, name]));
    return row && fromRow<Kind>(row);
  }

  async listEntities<Kind extends EntityKind>(accountId: string, kind: Kind, pathPrefix = "/"): Promise<Array<Entity<Kind>>> {
    const rows = await this.#read(entitiesOf(accountId, kind));
    return rows.map((row) => fromRow<Kind>(row)).filter(({ path }) => path.startsWith(pathPrefix));
  }

  async countEntities(accountId: string): Promise<Record<EntityKind, number>> {
    const rows = await this.#read(
      sql
        .selectFrom("iam_entities")
        .select((column) => ["kind", column.fn.countAll<number>().as("count")])
        .where("account_id", "=", accountId)
        .groupBy("kind"),
    );
    const counts = { role: 0, user: 0, group: 0, "instance-profile": 0, policy: 0 };
    for (const { kind, count } of rows) counts[kind] = count;
    return counts;
  }

  /** The users in a group, the roles in an instance profile. */
  async membersOf<Kind extends EntityKind>(container: Entity): Promise<Array<Entity<Kind>>> {
    const rows = await this.#read(
      sql
        .selectFrom("iam_entities")
        .innerJoin("iam_memberships", "member_id", "id")
        .selectAll("iam_entities")
        .where("container_id", "=", container.id),
    );
    return rows.map((row) => fromRow<Kind>(row));
  }

  /** The groups that a user is in, the instance profiles of a role. */
  async containersOf<Kind extends EntityKind>(member: Entity): Promise<Array<Entity<Kind>>> {
    const rows = await this.#read(
      sql
        .selectFrom("iam_entities")
        .innerJoin("iam_memberships", "container_id", "id")
        .selectAll("iam_entities")
        .where("member_id", "=", member.id),
    );
    return rows.map((row) => fromRow<Kind>(row));
  }

  inlinePolicies(owner: Entity): Promise<InlinePolicy[]> {
    return this.#read(sql.selectFrom("iam_inline_policies").select(["name", "document"]).where("owner_id", "=", owner.id));
  }

  async attachedPolicyArns(owner: Entity): Promise<string[]> {
    const rows = await this.#read(sql.selectFrom("iam_attachments").select("policy_arn").where("owner_id", "=", owner.id));
    return rows.map((row) => row.policy_arn);
  }

  async entitiesWithPolicy(accountId: string, policyArn: string): Promise<Entity[]> {
    const rows = await this.#read(
      sql
        .selectFrom("iam_entities")
        .innerJoin("iam_attachments", "owner_id", "id")
        .selectAll("iam_entities")
        .where("iam_attachments.account_id", "=", accountId)
        .where("policy_arn", "=", policyArn),
    );
    return rows.map((row) => fromRow(row));
  }

  async entitiesWithBoundary(accountId: string, policyArn: string): Promise<Entity[]> {
    const rows = await this.#read(
      sql.selectFrom("iam_entities").selectAll().where("account_id", "=", accountId).where("permissions_boundary_arn", "=", policyArn),
    );
    return rows.map((row) => fromRow(row));
  }

  /** By policy ARN: how many entities of the account have it attached. */
  async attachmentCounts(accountId: string): Promise<Map<string, number>> {
    const rows = await this.#read(
      sql
        .selectFrom("iam_attachments")
        .select((column) => ["policy_arn", column.fn.countAll<number>().as("count")])
        .where("account_id", "=", accountId)
        .groupBy("policy_arn"),
    );
    return new Map(rows.map((row) => [row.policy_arn, row.count]));
  }

  /** By policy ARN: how many entities of the account have it as their boundary. */
  async boundaryCounts(accountId: string): Promise<Map<string, number>> {
    const rows = await this.#read(
      sql
        .selectFrom("iam_entities")
        .select((column) => ["permissions_boundary_arn as policy_arn", column.fn.countAll<number>().as("count")])
        .where("account_id", "=", accountId)
        .where("permissions_boundary_arn", "is not", null)
        .groupBy("permissions_boundary_arn"),
    );
    return new Map(rows.map((row) => [row.policy_arn!, row.count]));
  }

  policyVersions(policy: Entity<"policy">): Promise<PolicyVersionRow[]> {
    return this.#read(
      sql.selectFrom("iam_policy_versions").select(["number", "document", "created_at_ms"]).where("policy_id", "=", policy.id),
    );
  }

  accessKeysOf(user: Entity<"user">): Promise<AccessKeyRow[]> {
    return this.#read(sql.selectFrom("iam_access_keys").selectAll().where("user_id", "=", user.id));
  }

  async findAccessKey(id: string): Promise<{ key: AccessKeyRow; user: Entity<"user"> } | undefined> {
    const [key] = await this.#read(sql.selectFrom("iam_access_keys").selectAll().where("id", "=", id));
    if (key === undefined) return undefined;
    const [user] = await this.#read(sql.selectFrom("iam_entities").selectAll().where("id", "=", key.user_id));
    return user && { key, user: fromRow<"user">(user) };
  }

  async accountAlias(accountId: string): Promise<string | undefined> {
    const [row] = await this.#read(sql.selectFrom("iam_account_aliases").select("alias").where("account_id", "=", accountId));
    return row?.alias;
  }

  #read<Row>(query: Compilable<Row>): Promise<Row[]> {
    return this.#database.read(query.compile());
  }
}

const entitiesOf = (accountId: string, kind: EntityKind) =>
  sql.selectFrom("iam_entities").selectAll().where("account_id", "=", accountId).where("kind", "=", kind);

/** Compiled once: each start of an environment asks for a role. */
const anEntity = entitiesOf("", "role").where("name", "=", "").compile();
