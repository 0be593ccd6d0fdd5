/**
 * The embedded database: one SQLite file in WAL mode. All writes go through one thread that commits many units with one fsync; reads
 * run in the calling thread, which is quicker than asking another one as long as they are small, and see every finished write.
 */
import type { CompiledQuery } from "kysely";
import type { Database, Migration, Statement, StatementResult } from "../database.ts";
import { Connection } from "./connection.ts";
import { plainValue } from "./units.ts";
import { Writer } from "./writer.ts";

/** Opens the database file at `path`, creating it if it is not there. */
export async function openSqliteDatabase({ path }: { path: string }): Promise<Database> {
  const writer = await Writer.open(path);
  return new SqliteDatabase(writer, Connection.forReading(path));
}

class SqliteDatabase implements Database {
  readonly #writer: Writer;
  readonly #reader: Connection;
  #isClosed = false;

  constructor(writer: Writer, reader: Connection) {
    this.#writer = writer;
    this.#reader = reader;
  }

  /** The query builder is 250 modules: a start of the product does not wait for them. */
  async migrate(service: string, migrations: readonly Migration[]): Promise<void> {
    const { applyMigrations } = await import("../migrations.ts");
    return applyMigrations(this, service, migrations);
  }

  async read<Row>(query: CompiledQuery<Row>): Promise<Row[]> {
    return this.#reader.run(query.sql, query.parameters.map(plainValue)).rows as Row[];
  }

  write(unit: readonly Statement[]): Promise<StatementResult[]> {
    return this.#writer.submit(unit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader[Symbol.dispose]();
    await this.#writer.close();
  }
}
