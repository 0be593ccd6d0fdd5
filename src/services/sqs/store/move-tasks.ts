/** Every SQL statement about tasks that move messages. */
import type { Database } from "#storage/database.ts";
import { type MoveTaskRow, sql } from "./tables.ts";

export class MoveTaskStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(row: MoveTaskRow): Promise<void> {
    await this.#database.write([{ query: sql.insertInto("sqs_move_tasks").values(row).compile() }]);
  }

  async find(id: string): Promise<MoveTaskRow | undefined> {
    return (await this.#database.read(sql.selectFrom("sqs_move_tasks").selectAll().where("id", "=", id).compile()))[0];
  }

  /** The latest first. */
  ofSource(sourceArn: string, limit: number): Promise<MoveTaskRow[]> {
    const query = sql.selectFrom("sqs_move_tasks").selectAll().where("source_arn", "=", sourceArn);
    return this.#database.read(query.orderBy("started_ms", "desc").orderBy("id").limit(limit).compile());
  }

  running(): Promise<MoveTaskRow[]> {
    return this.#database.read(sql.selectFrom("sqs_move_tasks").selectAll().where("status", "=", "RUNNING").compile());
  }

  async update(id: string, change: Partial<Pick<MoveTaskRow, "status" | "moved" | "failure_reason">>): Promise<void> {
    await this.#database.write([{ query: sql.updateTable("sqs_move_tasks").set(change).where("id", "=", id).compile() }]);
  }

  /** Ended tasks are kept as long as AWS shows them, and no longer. */
  async forgetEnded(beforeMs: number): Promise<void> {
    const query = sql.deleteFrom("sqs_move_tasks").where("status", "!=", "RUNNING").where("started_ms", "<", beforeMs);
    await this.#database.write([{ query: query.compile() }]);
  }
}
