/** Every SQL statement of the sweep: what has expired, and what was discarded as a whole. */
import type { Database } from "#storage/database.ts";
import { sweepBatch } from "../limits.ts";
import { sql } from "./tables.ts";

export class HousekeepingStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Removes messages of a shelf that are older than `beforeMs`, a batch at most; resolves with how many there were. */
  async expire(shelfId: string, beforeMs: number): Promise<number> {
    const old = sql.selectFrom("sqs_messages").select("sequence").where("shelf_id", "=", shelfId).where("sent_ms", "<=", beforeMs);
    return this.#delete(old.limit(sweepBatch));
  }

  /** Shelves that were discarded before this. */
  async discarded(beforeMs: number): Promise<string[]> {
    const query = sql.selectFrom("sqs_discarded_shelves").select("shelf_id").where("discarded_ms", "<=", beforeMs);
    return (await this.#database.read(query.compile())).map(({ shelf_id }) => shelf_id);
  }

  /** Removes messages of a discarded shelf, a batch at most; resolves with how many there were. */
  async clear(shelfId: string): Promise<number> {
    return this.#delete(sql.selectFrom("sqs_messages").select("sequence").where("shelf_id", "=", shelfId).limit(sweepBatch));
  }

  async forgetShelf(shelfId: string): Promise<void> {
    await this.#database.write([{ query: sql.deleteFrom("sqs_discarded_shelves").where("shelf_id", "=", shelfId).compile() }]);
  }

  async forgetDeduplications(nowMs: number): Promise<void> {
    await this.#database.write([{ query: sql.deleteFrom("sqs_deduplications").where("expires_ms", "<=", nowMs).compile() }]);
  }

  async #delete(chosen: ReturnType<typeof sequences>): Promise<number> {
    const [result] = await this.#database.write([{ query: sql.deleteFrom("sqs_messages").where("sequence", "in", chosen).compile() }]);
    return result!.rowCount;
  }
}

/** Only its type is needed. */
const sequences = () => sql.selectFrom("sqs_messages").select("sequence");
