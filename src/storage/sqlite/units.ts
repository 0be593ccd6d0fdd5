import type { SQLInputValue } from "node:sqlite";
import { RowCountMismatch, type Statement, type StatementResult, UniqueViolation } from "../database.ts";

/** A write unit as the writer's thread runs it. */
export type PlainUnit = readonly PlainStatement[];

export interface PlainStatement {
  text: string;
  parameters: SQLInputValue[];
  expectRows: number | undefined;
}

/** What became of a unit: the results of its statements, or why nothing of it was done. */
export type UnitOutcome = { results: StatementResult[] } | { failure: UnitFailure };

export type UnitFailure =
  | { kind: "row-count"; statementIndex: number; expected: number; rowCount: number }
  | { kind: "unique"; statementIndex: number; message: string }
  | { kind: "other"; message: string };

/** Throws TypeError for a parameter that SQL cannot hold. */
export function plainUnit(unit: readonly Statement[]): PlainUnit {
  return unit.map(({ query, expectRows }) => ({ text: query.sql, parameters: query.parameters.map(plainValue), expectRows }));
}

/** Booleans become 0 and 1. */
export function plainValue(value: unknown): SQLInputValue {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return Number(value);
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`SQL cannot hold a value of type ${typeof value}`);
}

export function failureError(failure: UnitFailure): Error {
  switch (failure.kind) {
    case "row-count":
      return new RowCountMismatch(failure.statementIndex, failure.expected, failure.rowCount);
    case "unique":
      return new UniqueViolation(failure.statementIndex, failure.message);
    case "other":
      return new Error(failure.message);
  }
}
