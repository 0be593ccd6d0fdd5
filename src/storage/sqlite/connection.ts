import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { StatementResult } from "../database.ts";

interface PreparedStatement {
  statement: StatementSync;
  yieldsRows: boolean;
}

const maxPreparedStatements = 512;
/** Only checkpoints make one connection wait for another, and briefly. */
const busyTimeoutMs = 5_000;
/** The write-ahead log's file is cut back to this size after a checkpoint. */
const maxIdleWalBytes = 64 * 1024 * 1024;

/** One connection to a SQLite file, remembering the statements that it prepared. Synchronous: its thread waits. */
export class Connection implements Disposable {
  readonly #database: DatabaseSync;
  /** In the order of their last use. */
  readonly #prepared = new Map<string, PreparedStatement>();

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Creates the file if it is not there. Commits return when the data is on the disk. */
  static forWriting(path: string): Connection {
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${maxIdleWalBytes}`);
    return new Connection(database);
  }

  static forReading(path: string): Connection {
    return new Connection(new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly: true }));
  }

  /** Runs one statement. */
  run(text: string, parameters: readonly SQLInputValue[] = []): StatementResult {
    const { statement, yieldsRows } = this.#prepare(text);
    if (!yieldsRows) return { rowCount: Number(statement.run(...parameters).changes), rows: [] };
    // SQLite's rows have no prototype, which makes them unequal to anything a test would write.
    const rows = statement.all(...parameters).map((row) => ({ ...row }));
    return { rowCount: rows.length, rows };
  }

  /** False as well after an error so grave that SQLite gave up the open transaction by itself. */
  get isInTransaction(): boolean {
    return this.#database.isTransaction;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #prepare(text: string): PreparedStatement {
    let prepared = this.#prepared.get(text);
    if (prepared === undefined) {
      const statement = this.#database.prepare(text);
      prepared = { statement, yieldsRows: statement.columns().length > 0 };
    } else {
      this.#prepared.delete(text);
    }
    this.#prepared.set(text, prepared);
    if (this.#prepared.size > maxPreparedStatements) this.#prepared.delete(this.#prepared.keys().next().value!);
    return prepared;
  }
}
