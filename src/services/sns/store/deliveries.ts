import type { ExpressionBuilder } from "kysely";
import { type Database, type Statement, UniqueViolation } from "#storage/database.ts";
import type { Message } from "../message.ts";
import { type DeliveryRow, type SnsTables, sql } from "./tables.ts";

export interface Delivery {
  id: string;
  messageId: string;
  subscriptionArn: string;
  /** How often it has failed. */
  attempt: number;
  /** Those of one lane are delivered one after the other. */
  lane: string;
}

export interface Deduplication {
  topicArn: string;
  /** Empty, or the message group within which messages are told apart. */
  scope: string;
  id: string;
  expiresMs: number;
}

/** One of SQLite's statements holds 32,766 values at most. */
const rowsPerStatement = 1_000;
/** When a delivery is due that waits for others in its lane: whoever finishes the last of those calls it. */
const neverMs = Number.MAX_SAFE_INTEGER;

/** Messages that were accepted and that not everybody has yet. */
export class DeliveryStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Keeps a message with its deliveries; resolves when they are on disk. Rejects with RowCountMismatch if the statements expect rows. If a message of the same deduplication id was accepted before, it
   * keeps nothing and gives that one.
   */
  async accept(
    statements: readonly Statement[],
    deduplication: Deduplication | undefined,
    message: Pick<Message, "id" | "sequenceNumber">,
    nowMs: number,
  ): Promise<{ id: string; sequenceNumber: string } | undefined> {
    if (deduplication === undefined) {
      if (statements.length > 0) await this.#database.write(statements);
      return undefined;
    }
    const key = { topic_arn: deduplication.topicArn, scope: deduplication.scope, deduplication_id: deduplication.id };
    const row = { ...key, message_id: message.id, sequence: message.sequenceNumber!, expires_ms: deduplication.expiresMs };
    const expired = sql
      .deleteFrom("sns_deduplications")
      .where("topic_arn", "=", key.topic_arn)
      .where("scope", "=", key.scope)
      .where("deduplication_id", "=", key.deduplication_id)
      .where("expires_ms", "<=", nowMs);
    const inserted = sql.insertInto("sns_deduplications").values(row);
    try {
      await this.#database.write([{ query: expired.compile() }, { query: inserted.compile() }, ...statements]);
      return undefined;
    } catch (error) {
      if (!(error instanceof UniqueViolation) || error.statementIndex !== 1) throw error;
    }
    const query = sql.selectFrom("sns_deduplications").select(["message_id", "sequence"]);
    const { topic_arn, scope, deduplication_id } = key;
    const [first] = await this.#database.read(
      query.where("topic_arn", "=", topic_arn).where("scope", "=", scope).where("deduplication_id", "=", deduplication_id).compile(),
    );
    return { id: first!.message_id, sequenceNumber: first!.sequence };
  }

  /** Up to `limit` that are due, at the head of their lane, and not to one of `busy`; those due first first. */
  async due(nowMs: number, limit: number, busy: readonly string[]): Promise<Delivery[]> {
    let query = sql
      .selectFrom("sns_deliveries as one")
      .selectAll()
      .where("due_ms", "<=", nowMs)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("sns_deliveries as earlier")
              .select("earlier.id")
              .whereRef("earlier.lane", "=", "one.lane")
              .whereRef("earlier.sequence", "<", "one.sequence"),
          ),
        ),
      );
    if (busy.length > 0) query = query.where("subscription_arn", "not in", [...busy]);
    const rows = await this.#database.read(query.orderBy("due_ms").orderBy("sequence").limit(limit).compile());
    return rows.map((row) => ({
      id: row.id,
      messageId: row.message_id,
      subscriptionArn: row.subscription_arn,
      attempt: row.attempt,
      lane: row.lane,
    }));
  }

  /** When the next one falls due. */
  async nextDueMs(afterMs: number): Promise<number | undefined> {
    const query = sql.selectFrom("sns_deliveries").select("due_ms").where("due_ms", ">", afterMs).where("due_ms", "<", neverMs);
    return (await this.#database.read(query.orderBy("due_ms").limit(1).compile()))[0]?.due_ms;
  }

  async message(id: string): Promise<Message | undefined> {
    const [row] = await this.#database.read(sql.selectFrom("sns_messages").select("content").where("id", "=", id).compile());
    return row && (JSON.parse(row.content) as Message);
  }

  /** Whether a subscription waits for that many, or for one with a number up to `sequence`. */
  async waits(subscriptionArn: string, { count = 1, sequence }: { count?: number; sequence?: string }): Promise<boolean> {
    const all = sql.selectFrom("sns_deliveries").select("id").where("subscription_arn", "=", subscriptionArn);
    const those = sequence === undefined ? all : all.where("sequence", "<=", sequence);
    return (await this.#database.read(those.limit(count).compile())).length === count;
  }

  async postpone(id: string, attempt: number, dueMs: number): Promise<void> {
    await this.#database.write([
      { query: sql.updateTable("sns_deliveries").set({ attempt, due_ms: dueMs }).where("id", "=", id).compile() },
    ]);
  }

  /** The message goes with its last delivery, and the next one of its lane is due. */
  async finish({ id, messageId, lane }: Delivery): Promise<void> {
    const orphan = sql
      .deleteFrom("sns_messages")
      .where("id", "=", messageId)
      .where(({ not, exists, selectFrom }) => not(exists(selectFrom("sns_deliveries").select("id").where("message_id", "=", messageId))));
    await this.#database.write([
      { query: sql.deleteFrom("sns_deliveries").where("id", "=", id).compile() },
      { query: orphan.compile() },
      // A lane of one's own, of a standard topic, has no next.
      ...(lane === id ? [] : [nextOfLane(lane)]),
    ]);
  }

  async forgetDeduplications(beforeMs: number): Promise<void> {
    await this.#database.write([{ query: sql.deleteFrom("sns_deduplications").where("expires_ms", "<=", beforeMs).compile() }]);
  }
}

function nextOfLane(lane: string): Statement {
  const query = sql.updateTable("sns_deliveries").set({ due_ms: 0 }).where("due_ms", "=", neverMs);
  const next = query.where("id", "=", ({ selectFrom }) =>
    selectFrom("sns_deliveries as next").select("next.id").where("next.lane", "=", lane).orderBy("next.sequence").limit(1),
  );
  return { query: next.compile() };
}

/** Behind others of its lane it is not due, so that a long lane is not looked through for its head again and again. */
const dueInLane = ({ exists, selectFrom, ...expression }: ExpressionBuilder<SnsTables, "sns_deliveries">, row: DeliveryRow) =>
  expression
    .case()
    .when(
      exists(
        selectFrom("sns_deliveries as earlier")
          .select("earlier.id")
          .where("earlier.lane", "=", row.lane)
          .where("earlier.sequence", "<", row.sequence),
      ),
    )
    .then(neverMs)
    .else(row.due_ms)
    .end();

/** Statements that keep a message and its deliveries. `id` is what they call it, if it is kept under its own id already. */
export function keepMessage(message: Message, deliveries: readonly DeliveryRow[], id = message.id): Statement[] {
  const statements: Statement[] = [
    {
      query: sql
        .insertInto("sns_messages")
        .values({ id, content: JSON.stringify(message) })
        .compile(),
    },
  ];
  for (let at = 0; at < deliveries.length; at += rowsPerStatement) {
    const rows = deliveries.slice(at, at + rowsPerStatement);
    statements.push({
      query: sql
        .insertInto("sns_deliveries")
        .values((expression) => rows.map((row) => (row.lane === row.id ? row : { ...row, due_ms: dueInLane(expression, row) })))
        .compile(),
    });
  }
  return statements;
}
