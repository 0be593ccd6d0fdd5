import type { StatementResult } from "../database.ts";
import type { Connection } from "./connection.ts";
import type { PlainStatement, PlainUnit, UnitFailure, UnitOutcome } from "./units.ts";

/** https://www.sqlite.org/rescode.html#constraint_primarykey and #constraint_unique */
const uniqueErrorCodes = new Set([1555, 2067]);

/**
 * Runs the units in one transaction, so that they share its fsync, each in a savepoint, so that one that fails takes no other along.
 * If the transaction itself fails, all of them fail. Answers in the order of the units.
 */
export function commitTogether(connection: Connection, units: readonly PlainUnit[]): UnitOutcome[] {
  try {
    connection.run("BEGIN IMMEDIATE");
    const outcomes = units.map((unit) => runUnit(connection, unit));
    connection.run("COMMIT");
    return outcomes;
  } catch (error) {
    if (connection.isInTransaction) connection.run("ROLLBACK");
    const failure: UnitFailure = { kind: "other", message: (error as Error).message };
    return units.map(() => ({ failure }));
  }
}

function runUnit(connection: Connection, unit: PlainUnit): UnitOutcome {
  const [first] = unit;
  // A statement undoes itself when it fails, so nothing needs to be kept for that.
  if (unit.length === 1 && first!.expectRows === undefined) return runAlone(connection, first!);
  connection.run("SAVEPOINT unit");
  const results: StatementResult[] = [];
  let failure: UnitFailure | undefined;
  for (const { text, parameters, expectRows } of unit) {
    const statementIndex = results.length;
    try {
      const result = connection.run(text, parameters);
      results.push(result);
      if (expectRows === undefined || result.rowCount === expectRows) continue;
      failure = { kind: "row-count", statementIndex, expected: expectRows, rowCount: result.rowCount };
    } catch (error) {
      if (!connection.isInTransaction) throw error;
      failure = describe(error as SqliteError, statementIndex);
    }
    connection.run("ROLLBACK TO unit");
    break;
  }
  connection.run("RELEASE unit");
  return failure ? { failure } : { results };
}

function runAlone(connection: Connection, { text, parameters }: PlainStatement): UnitOutcome {
  try {
    return { results: [connection.run(text, parameters)] };
  } catch (error) {
    if (!connection.isInTransaction) throw error;
    return { failure: describe(error as SqliteError, 0) };
  }
}

interface SqliteError extends Error {
  errcode?: number;
}

function describe({ errcode, message }: SqliteError, statementIndex: number): UnitFailure {
  if (errcode !== undefined && uniqueErrorCodes.has(errcode)) return { kind: "unique", statementIndex, message };
  return { kind: "other", message: `statement ${statementIndex} failed: ${message}` };
}
