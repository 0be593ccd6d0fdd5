/**
 * How a group of units crosses to the writer's thread, and what became of them comes back: as few and flat values, because every object on
 * the way is written, read and collected, which costs more than what it holds.
 */
import type { SQLInputValue } from "node:sqlite";
import type { StatementResult } from "../database.ts";
import type { PlainStatement, PlainUnit, UnitFailure, UnitOutcome } from "./units.ts";

export interface PackedGroup {
  /** The text of each statement, once. */
  texts: string[];
  /**
   * Of each unit the number of its statements; of each of these the index of its text, the rows that it expects (null: any number), the
   * number of its parameters, and them. `true` and a length stand for a blob.
   */
  values: Array<string | number | bigint | true | null>;
  /** All blobs, one behind the other. */
  blobs: Uint8Array<ArrayBuffer>;
}

/** None of the units may be empty. */
export function packUnits(units: readonly PlainUnit[]): PackedGroup {
  const texts = new Map<string, number>();
  const values: PackedGroup["values"] = [];
  const blobs: Uint8Array[] = [];
  let blobBytes = 0;
  for (const unit of units) {
    values.push(unit.length);
    for (const { text, parameters, expectRows } of unit) {
      let index = texts.get(text);
      if (index === undefined) texts.set(text, (index = texts.size));
      values.push(index, expectRows ?? null, parameters.length);
      for (const value of parameters) {
        if (value instanceof Uint8Array) {
          blobs.push(value);
          blobBytes += value.length;
          values.push(true, value.length);
        } else values.push(value as Exclude<SQLInputValue, NodeJS.ArrayBufferView>);
      }
    }
  }
  return { texts: [...texts.keys()], values, blobs: joined(blobs, blobBytes) };
}

/** In memory of its own, which can be handed over instead of copied: a Buffer is often a window into a pool. */
function joined(blobs: readonly Uint8Array[], sizeBytes: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(sizeBytes);
  let at = 0;
  for (const blob of blobs) {
    all.set(blob, at);
    at += blob.length;
  }
  return all;
}

export function unpackUnits({ texts, values, blobs }: PackedGroup): PlainUnit[] {
  let at = 0;
  let blobAt = 0;
  const nextNumber = (): number => values[at++] as number;
  const nextParameter = (): SQLInputValue => {
    const value = values[at++]!;
    if (value !== true) return value;
    const start = blobAt;
    blobAt += nextNumber();
    return blobs.subarray(start, blobAt);
  };
  const nextStatement = (): PlainStatement => {
    const text = texts[nextNumber()]!;
    const expectRows = values[at++] as number | null;
    return { text, expectRows: expectRows ?? undefined, parameters: listOf(nextNumber(), nextParameter) };
  };
  const units: PlainUnit[] = [];
  while (at < values.length) units.push(listOf(nextNumber(), nextStatement));
  return units;
}

function listOf<T>(length: number, next: () => T): T[] {
  const list: T[] = [];
  for (let index = 0; index < length; index++) list.push(next());
  return list;
}

/**
 * Of a unit that failed why; of each other one for each of its statements how many rows it touched, or the rows themselves where it yields
 * any.
 */
export type PackedOutcomes = Array<UnitFailure | number | unknown[]>;

export function packOutcomes(outcomes: readonly UnitOutcome[]): PackedOutcomes {
  const packed: PackedOutcomes = [];
  for (const outcome of outcomes) {
    if ("failure" in outcome) packed.push(outcome.failure);
    else for (const { rowCount, rows } of outcome.results) packed.push(rows.length > 0 ? rows : rowCount);
  }
  return packed;
}

/** `statementCounts`: how many statements each of the units has. */
export function unpackOutcomes(packed: PackedOutcomes, statementCounts: readonly number[]): UnitOutcome[] {
  let at = 0;
  return statementCounts.map((count) => {
    const first = packed[at];
    if (typeof first === "object" && !Array.isArray(first)) {
      at++;
      return { failure: first };
    }
    return { results: listOf(count, () => toResult(packed[at++] as number | unknown[])) };
  });
}

const toResult = (packed: number | unknown[]): StatementResult =>
  typeof packed === "number" ? { rowCount: packed, rows: [] } : { rowCount: packed.length, rows: packed };
