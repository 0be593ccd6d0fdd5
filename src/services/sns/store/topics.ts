import type { Tag } from "@aws-sdk/client-sns";
import { type Database, type Statement, UniqueViolation } from "#storage/database.ts";
import type { Place } from "../arns.ts";
import type { Topic } from "../topic.ts";
import { readMap, sql, type TopicRow } from "./tables.ts";

/** Topics: every SQL statement about them. */
export class TopicStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** False if there is one of that ARN. */
  async add(topic: Topic): Promise<boolean> {
    try {
      await this.#database.write([{ query: sql.insertInto("sns_topics").values(toRow(topic)).compile() }]);
      return true;
    } catch (error) {
      if (error instanceof UniqueViolation) return false;
      throw error;
    }
  }

  async find(arn: string): Promise<Topic | undefined> {
    const [row] = await this.#database.read(sql.selectFrom("sns_topics").selectAll().where("arn", "=", arn).compile());
    return row && fromRow(row);
  }

  /** Up to `limit` ARNs after `after`, sorted. */
  async list({ accountId, region }: Place, after: string, limit: number): Promise<string[]> {
    const query = sql.selectFrom("sns_topics").select("arn").where("account_id", "=", accountId).where("region", "=", region);
    const rows = await this.#database.read(query.where("arn", ">", after).orderBy("arn").limit(limit).compile());
    return rows.map(({ arn }) => arn);
  }

  /** All that can change of it but `archiveChanges`; `more` is written together with it. */
  async save(topic: Topic, more: readonly Statement[] = []): Promise<void> {
    const { attributes, tags, data_protection_policy, archived_since_ms } = toRow(topic);
    const changes = { attributes, tags, data_protection_policy, archived_since_ms };
    const query = sql.updateTable("sns_topics").set(changes).where("arn", "=", topic.arn);
    await this.#database.write([{ query: query.compile(), expectRows: 1 }, ...more]);
  }

  /** With its subscriptions; deliveries of theirs find them gone. */
  async remove(arn: string): Promise<void> {
    await this.#database.write([
      { query: sql.deleteFrom("sns_topics").where("arn", "=", arn).compile() },
      { query: sql.deleteFrom("sns_subscriptions").where("topic_arn", "=", arn).compile() },
      { query: sql.deleteFrom("sns_deduplications").where("topic_arn", "=", arn).compile() },
    ]);
  }
}

const toRow = (topic: Topic): TopicRow => ({
  arn: topic.arn,
  account_id: topic.accountId,
  region: topic.region,
  name: topic.name,
  created_at_ms: topic.createdAtMs,
  attributes: JSON.stringify(topic.attributes),
  tags: JSON.stringify(topic.tags),
  data_protection_policy: topic.dataProtectionPolicy ?? null,
  archived_since_ms: topic.archivedSinceMs ?? null,
  archive_changes: topic.archiveChanges,
});

const fromRow = (row: TopicRow): Topic => ({
  arn: row.arn,
  accountId: row.account_id,
  region: row.region,
  name: row.name,
  createdAtMs: row.created_at_ms,
  attributes: readMap(row.attributes),
  tags: JSON.parse(row.tags) as Tag[],
  dataProtectionPolicy: row.data_protection_policy ?? undefined,
  archivedSinceMs: row.archived_since_ms ?? undefined,
  archiveChanges: row.archive_changes,
});
