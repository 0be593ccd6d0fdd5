import type { CompiledQuery } from "kysely";

/**
 * SQL behind an asynchronous interface, so that PostgreSQL can stand in for SQLite. Queries are built by Kysely
 * (`queryBuilder<Tables>()` in query-builder.ts) and handed over compiled. There are no open transactions: a write is one
 * `WriteUnit`, atomic as a whole; many units share one fsync.
 */
export interface Database extends AsyncDisposable {
  /** Brings the schema of one service up to date; `name`s that were applied before are skipped. */
  migrate(service: string, migrations: readonly Migration[]): Promise<void>;
  /** Runs a SELECT. Sees every write whose promise has resolved. */
  read<Row>(query: CompiledQuery<Row>): Promise<Row[]>;
  /**
   * Runs the statements in order, all or none, and resolves when they are on disk. Rejects with `RowCountMismatch` or
   * `UniqueViolation`, in which case nothing has changed, or `WriteQueueFull`. Each element of the result answers one statement. Bytes
   * among the values must stay as they are until then.
   */
  write(unit: readonly Statement[]): Promise<StatementResult[]>;
}

export interface Migration {
  /** `0001-roles`: applied in the order of the list, once each. */
  name: string;
  /** Portable DDL: text, integer (64 bit), blob; no dialect's specials. */
  statements: readonly string[];
}

export interface Statement {
  query: CompiledQuery;
  /** How many rows the statement must touch, else the unit is undone. Omitted: any number. */
  expectRows?: number;
}

export interface StatementResult {
  rowCount: number;
  /** What RETURNING gave. */
  rows: unknown[];
}

/** A statement touched another number of rows than it expected: somebody was faster, or the row is not there. */
export class RowCountMismatch extends Error {
  readonly statementIndex: number;
  readonly rowCount: number;

  constructor(statementIndex: number, expected: number, rowCount: number) {
    super(`statement ${statementIndex} touched ${rowCount} rows, expected ${expected}`);
    this.name = "RowCountMismatch";
    this.statementIndex = statementIndex;
    this.rowCount = rowCount;
  }
}

/** More writes wait than may. Nothing of the unit was done; the caller may try again later. */
export class WriteQueueFull extends Error {
  constructor(maxUnits: number) {
    super(`more than ${maxUnits} write units wait for the disk`);
    this.name = "WriteQueueFull";
  }
}

/** A statement broke a primary key or a unique index. */
export class UniqueViolation extends Error {
  readonly statementIndex: number;

  constructor(statementIndex: number, message: string) {
    super(message);
    this.name = "UniqueViolation";
    this.statementIndex = statementIndex;
  }
}
