import type { Database, Statement } from "#storage/database.ts";
import type { Place } from "../arns.ts";
import type { Replay } from "../replay-policy.ts";
import type { Protocol, Subscription } from "../subscription.ts";
import { readMap, sql, type SubscriptionRow } from "./tables.ts";

/** Subscriptions: every SQL statement about them. Deleted ones are kept for a while, and found only by their token. */
export class SubscriptionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** `more` is written together with it. */
  async add(subscription: Subscription, more: readonly Statement[]): Promise<void> {
    await this.#database.write([{ query: sql.insertInto("sns_subscriptions").values(toRow(subscription)).compile() }, ...more]);
  }

  async find(arn: string): Promise<Subscription | undefined> {
    const query = sql.selectFrom("sns_subscriptions").selectAll().where("arn", "=", arn).where("status", "!=", "deleted");
    const [row] = await this.#database.read(query.compile());
    return row && fromRow(row);
  }

  async findEndpoint(topicArn: string, protocol: string, endpoint: string): Promise<Subscription | undefined> {
    const query = sql
      .selectFrom("sns_subscriptions")
      .selectAll()
      .where("topic_arn", "=", topicArn)
      .where("protocol", "=", protocol)
      .where("endpoint", "=", endpoint)
      .where("status", "!=", "deleted");
    const [row] = await this.#database.read(query.compile());
    return row && fromRow(row);
  }

  async findToken(topicArn: string, token: string): Promise<Subscription | undefined> {
    const query = sql.selectFrom("sns_subscriptions").selectAll().where("token", "=", token).where("topic_arn", "=", topicArn);
    const [row] = await this.#database.read(query.compile());
    return row && fromRow(row);
  }

  async confirmedOf(topicArn: string): Promise<Subscription[]> {
    const query = sql.selectFrom("sns_subscriptions").selectAll().where("topic_arn", "=", topicArn).where("status", "=", "confirmed");
    return (await this.#database.read(query.orderBy("arn").compile())).map(fromRow);
  }

  async countOf(topicArn: string): Promise<Record<Subscription["status"], number>> {
    const query = sql
      .selectFrom("sns_subscriptions")
      .select(({ fn }) => ["status", fn.countAll<number>().as("count")])
      .where("topic_arn", "=", topicArn)
      .groupBy("status");
    const rows = await this.#database.read(query.compile());
    const count = (status: string): number => rows.find((row) => row.status === status)?.count ?? 0;
    return { pending: count("pending"), confirmed: count("confirmed"), deleted: count("deleted") };
  }

  /** Up to `limit` after `after`, by their ARNs: of a topic, or of a place. */
  async list(of: Place | { topicArn: string }, after: string, limit: number): Promise<Subscription[]> {
    const all = sql.selectFrom("sns_subscriptions").selectAll().where("status", "!=", "deleted");
    const those =
      "topicArn" in of
        ? all.where("topic_arn", "=", of.topicArn)
        : all.where("account_id", "=", of.accountId).where("region", "=", of.region);
    return (await this.#database.read(those.where("arn", ">", after).orderBy("arn").limit(limit).compile())).map(fromRow);
  }

  /** All that can change of it but its replay (replays.ts); `more` is written together with it. */
  async save(subscription: Subscription, more: readonly Statement[] = []): Promise<void> {
    const { arn, status, attributes, token, changed_ms, is_authenticated, may_be_private } = toRow(subscription);
    const query = sql
      .updateTable("sns_subscriptions")
      .set({ status, attributes, token, changed_ms, is_authenticated, may_be_private })
      .where("arn", "=", arn)
      .compile();
    await this.#database.write([{ query, expectRows: 1 }, ...more]);
  }

  /** Forgets those that were deleted, or not confirmed, before that time. */
  async forget(beforeMs: number): Promise<void> {
    const query = sql.deleteFrom("sns_subscriptions").where("status", "in", ["deleted", "pending"]).where("changed_ms", "<", beforeMs);
    await this.#database.write([{ query: query.compile() }]);
  }
}

const toRow = (subscription: Subscription): SubscriptionRow => ({
  arn: subscription.arn,
  topic_arn: subscription.topicArn,
  account_id: subscription.accountId,
  region: subscription.region,
  protocol: subscription.protocol,
  endpoint: subscription.endpoint,
  status: subscription.status,
  attributes: JSON.stringify(subscription.attributes),
  token: subscription.token ?? null,
  changed_ms: subscription.changedMs,
  is_authenticated: Number(subscription.isAuthenticated),
  principal_arn: subscription.principalArn,
  may_be_private: Number(subscription.mayBePrivate),
  replay_status: subscription.replay?.status ?? null,
  replay_position: subscription.replay?.position ?? null,
});

export const fromRow = (row: SubscriptionRow): Subscription => ({
  arn: row.arn,
  topicArn: row.topic_arn,
  accountId: row.account_id,
  region: row.region,
  protocol: row.protocol as Protocol,
  endpoint: row.endpoint,
  status: row.status as Subscription["status"],
  attributes: readMap(row.attributes),
  token: row.token ?? undefined,
  changedMs: row.changed_ms,
  isAuthenticated: row.is_authenticated === 1,
  principalArn: row.principal_arn,
  mayBePrivate: row.may_be_private === 1,
  replay: row.replay_status === null ? undefined : { status: row.replay_status as Replay["status"], position: row.replay_position! },
});
