/** Every SQL statement about messages that a queue in use needs. */
import type { Database, Statement } from "#storage/database.ts";
import { type DeduplicationRow, lanes, type MessageRow, sql } from "./tables.ts";

/** What the index in memory knows of a message. */
const indexed = [
  "sequence",
  "lane",
  "due_ms",
  "message_id",
  "group_id",
  "dead_letter_source",
  "sent_ms",
  "receive_count",
  "earlier_receives",
  "first_received_ms",
  "received_ms",
  "receipt",
] as const satisfies ReadonlyArray<keyof MessageRow>;

export type IndexedRow = Pick<MessageRow, (typeof indexed)[number]>;

const content = [
  "sequence",
  "message_id",
  "body",
  "attributes",
  "trace_header",
  "sender_id",
  "group_id",
  "deduplication_id",
] as const satisfies ReadonlyArray<keyof MessageRow>;

/** What a consumer gets to see of a message. */
export type ContentRow = Pick<MessageRow, (typeof content)[number]>;

/** Where reading a lane has got to. */
export interface Position {
  dueMs: number;
  sequence: number;
}

/** A message that goes to another shelf, and what changes of it on the way. */
export interface Move {
  sequence: number;
  to: Partial<MessageRow> & Pick<MessageRow, "sequence" | "shelf_id" | "lane" | "due_ms">;
}

export class MessageStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The highest sequence there is, 0 when there is none. */
  async lastSequence(): Promise<number> {
    const query = sql.selectFrom("sqs_messages").select((expression) => expression.fn.max("sequence").as("last"));
    return (await this.#database.read(query.compile()))[0]?.last ?? 0;
  }

  /** Rejects with UniqueViolation if one of the deduplication ids was used by somebody else in the meantime. */
  async add(rows: readonly MessageRow[], deduplications: readonly DeduplicationRow[], nowMs: number): Promise<void> {
    await this.#database.write([
      ...deduplications.flatMap((row) => remember(row, nowMs)),
      { query: sql.insertInto("sqs_messages").values(rows).compile() },
    ]);
  }

  /** The message that was sent with this id, if that was less than five minutes ago. */
  async findDuplicate(scope: string, deduplicationId: string, nowMs: number): Promise<DeduplicationRow | undefined> {
    const query = sql
      .selectFrom("sqs_deduplications")
      .selectAll()
      .where("scope", "=", scope)
      .where("deduplication_id", "=", deduplicationId);
    return (await this.#database.read(query.where("expires_ms", ">", nowMs).compile()))[0];
  }

  /** How many messages stand in each lane of a shelf. */
  async counts(shelfId: string): Promise<ReadonlyMap<number, number>> {
    const query = sql.selectFrom("sqs_messages").select(["lane", (expression) => expression.fn.countAll<number>().as("count")]);
    const rows = await this.#database.read(query.where("shelf_id", "=", shelfId).groupBy("lane").compile());
    return new Map(rows.map(({ lane, count }) => [lane, count]));
  }

  /** Of one lane, in order, what follows `after`; in the delayed lane only what is due at `dueMs`. */
  page(shelfId: string, lane: number, after: Position, limit: number, dueMs?: number): Promise<IndexedRow[]> {
    let query = sql.selectFrom("sqs_messages").select(indexed).where("shelf_id", "=", shelfId).where("lane", "=", lane);
    query =
      lane === lanes.fresh
        ? query.where("due_ms", "=", 0).where("sequence", ">", after.sequence)
        : query
            .where("due_ms", ">=", after.dueMs)
            .where(({ or, eb }) => or([eb("due_ms", ">", after.dueMs), eb("sequence", ">", after.sequence)]));
    if (dueMs !== undefined) query = query.where("due_ms", "<=", dueMs);
    return this.#database.read(query.orderBy("due_ms").orderBy("sequence").limit(limit).compile());
  }

  /** When the first delayed message after this position falls due. */
  async nextDueMs(shelfId: string, after: Position): Promise<number | undefined> {
    const query = sql.selectFrom("sqs_messages").select("due_ms").where("shelf_id", "=", shelfId).where("lane", "=", lanes.delayed);
    return (await this.#database.read(query.where("due_ms", ">", after.dueMs).orderBy("due_ms").limit(1).compile()))[0]?.due_ms;
  }

  /** By sequence; those that are gone are not among them. */
  async contents(sequences: readonly number[]): Promise<ReadonlyMap<number, ContentRow>> {
    const query = sql.selectFrom("sqs_messages").select(content).where("sequence", "in", sequences);
    const rows = await this.#database.read(query.compile());
    return new Map(rows.map((row) => [row.sequence, row]));
  }

  /** Writes down that these were received together. */
  async receive(sequences: readonly number[], receipt: string, nowMs: number, dueMs: number): Promise<void> {
    const query = sql.updateTable("sqs_messages").set(({ eb, fn }) => ({
      lane: lanes.received,
      due_ms: dueMs,
      receive_count: eb("receive_count", "+", 1),
      first_received_ms: fn.coalesce("first_received_ms", eb.val(nowMs)),
      received_ms: nowMs,
      receipt,
    }));
    await this.#database.write([{ query: query.where("sequence", "in", sequences).compile() }]);
  }

  /** When these may be received again. */
  async postpone(sequences: readonly number[], dueMs: number): Promise<void> {
    await this.#database.write([
      { query: sql.updateTable("sqs_messages").set({ due_ms: dueMs }).where("sequence", "in", sequences).compile() },
    ]);
  }

  async remove(sequences: readonly number[]): Promise<void> {
    await this.#database.write([{ query: sql.deleteFrom("sqs_messages").where("sequence", "in", sequences).compile() }]);
  }

  /** To other shelves, all or none. Rejects with RowCountMismatch if one of them is gone. */
  async move(moves: readonly Move[]): Promise<void> {
    await this.#database.write(
      moves.map(({ sequence, to }) => ({
        query: sql.updateTable("sqs_messages").set(to).where("sequence", "=", sequence).compile(),
        expectRows: 1,
      })),
    );
  }
}

function remember(row: DeduplicationRow, nowMs: number): Statement[] {
  const { scope, deduplication_id } = row;
  const expired = sql.deleteFrom("sqs_deduplications").where("scope", "=", scope).where("deduplication_id", "=", deduplication_id);
  return [
    { query: expired.where("expires_ms", "<=", nowMs).compile() },
    { query: sql.insertInto("sqs_deduplications").values(row).compile() },
  ];
}
