/** Every SQL statement about queues as such. */
import type { Database } from "#storage/database.ts";
import type { QueueAddress } from "../queue-address.ts";
import { type QueueRow, sql } from "./tables.ts";

/** Whose queues. */
export type Scope = Omit<QueueAddress, "name">;

/** Comes after every text that begins with the prefix: no character is greater. */
const endOfPrefix = (prefix: string): string => `${prefix}\u{10ffff}`;

export class QueueStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find({ accountId, region, name }: QueueAddress): Promise<QueueRow | undefined> {
    const query = sql.selectFrom("sqs_queues").selectAll().where("account_id", "=", accountId).where("region", "=", region);
    return (await this.#database.read(query.where("name", "=", name).compile()))[0];
  }

  /** Rejects with UniqueViolation if the name is taken. */
  async create(row: QueueRow): Promise<void> {
    await this.#database.write([{ query: sql.insertInto("sqs_queues").values(row).compile() }]);
  }

  /** Names, sorted, that follow `after`. */
  async list({ accountId, region }: Scope, prefix: string, after: string, limit: number): Promise<string[]> {
    const query = sql.selectFrom("sqs_queues").select("name").where("account_id", "=", accountId).where("region", "=", region);
    const bounded = query.where("name", ">=", prefix).where("name", "<", endOfPrefix(prefix)).where("name", ">", after);
    return (await this.#database.read(bounded.orderBy("name").limit(limit).compile())).map(({ name }) => name);
  }

  /** Of every queue of an account and region: who sends dead letters where is asked rarely. */
  all({ accountId, region }: Scope): Promise<QueueRow[]> {
    const query = sql.selectFrom("sqs_queues").selectAll().where("account_id", "=", accountId).where("region", "=", region);
    return this.#database.read(query.orderBy("name").compile());
  }

  /** Of every account and region, a page by id. */
  page(afterId: string, limit: number): Promise<QueueRow[]> {
    return this.#database.read(sql.selectFrom("sqs_queues").selectAll().where("id", ">", afterId).orderBy("id").limit(limit).compile());
  }

  /** Rejects with RowCountMismatch if the queue is gone. */
  async update(id: string, change: Partial<Pick<QueueRow, "attributes" | "tags" | "modified_ms">>): Promise<void> {
    await this.#database.write([{ query: sql.updateTable("sqs_queues").set(change).where("id", "=", id).compile(), expectRows: 1 }]);
  }

  /** Gives the queue a new, empty shelf. */
  async purge(id: string, oldShelfId: string, newShelfId: string, nowMs: number): Promise<void> {
    const change = { shelf_id: newShelfId, purged_ms: nowMs };
    await this.#database.write([
      { query: sql.updateTable("sqs_queues").set(change).where("id", "=", id).compile(), expectRows: 1 },
      { query: sql.insertInto("sqs_discarded_shelves").values({ shelf_id: oldShelfId, discarded_ms: nowMs }).compile() },
    ]);
  }

  /** Rejects with RowCountMismatch if the queue is gone. */
  async delete({ id, account_id, region, name, shelf_id }: QueueRow, nowMs: number): Promise<void> {
    const deleted = sql.insertInto("sqs_deleted_queues").values({ account_id, region, name, deleted_ms: nowMs });
    await this.#database.write([
      { query: sql.deleteFrom("sqs_queues").where("id", "=", id).compile(), expectRows: 1 },
      { query: sql.insertInto("sqs_discarded_shelves").values({ shelf_id, discarded_ms: nowMs }).compile() },
      {
        query: deleted
          .onConflict((conflict) => conflict.columns(["account_id", "region", "name"]).doUpdateSet({ deleted_ms: nowMs }))
          .compile(),
      },
    ]);
  }

  async deletedMs({ accountId, region, name }: QueueAddress): Promise<number | undefined> {
    const query = sql
      .selectFrom("sqs_deleted_queues")
      .select("deleted_ms")
      .where("account_id", "=", accountId)
      .where("region", "=", region);
    return (await this.#database.read(query.where("name", "=", name).compile()))[0]?.deleted_ms;
  }

  async forgetDeleted(beforeMs: number): Promise<void> {
    await this.#database.write([{ query: sql.deleteFrom("sqs_deleted_queues").where("deleted_ms", "<", beforeMs).compile() }]);
  }
}
