import assert from "node:assert/strict";
import { test } from "node:test";
import { packOutcomes, packUnits, unpackOutcomes, unpackUnits } from "./packed-group.ts";
import type { PlainUnit, UnitOutcome } from "./units.ts";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

test("units come out as they went in, also after the way to another thread", () => {
  const units: PlainUnit[] = [
    [{ text: "insert", parameters: ["a", 1, 2n ** 60n, null, bytes(1, 2, 3), ""], expectRows: undefined }],
    [
      { text: "update", parameters: [], expectRows: 0 },
      { text: "insert", parameters: [bytes(), 0.5, bytes(4)], expectRows: 1 },
    ],
    [{ text: "delete", parameters: [-1], expectRows: undefined }],
  ];
  const group = packUnits(units);
  assert.deepEqual(group.texts, ["insert", "update", "delete"]);
  assert.deepEqual(unpackUnits(structuredClone(group, { transfer: [group.blobs.buffer] })), units);
  assert.deepEqual(unpackUnits(packUnits([])), []);
});

test("bytes cross alone, without the rest of the pool that they lie in", () => {
  const pool = Buffer.alloc(8_192, 7);
  const parameters = [pool.subarray(10, 12), pool.subarray(4_000, 4_001)];
  const { blobs } = packUnits([[{ text: "insert", parameters, expectRows: undefined }]]);
  assert.deepEqual(blobs, bytes(7, 7, 7));
  assert.equal(blobs.buffer.byteLength, 3);
});

test("outcomes come out as they went in", () => {
  const outcomes: UnitOutcome[] = [
    { results: [{ rowCount: 3, rows: [] }] },
    { failure: { kind: "unique", statementIndex: 1, message: "taken" } },
    {
      results: [
        { rowCount: 0, rows: [] },
        { rowCount: 2, rows: [{ id: 1 }, { id: 2 }] },
      ],
    },
    { results: [{ rowCount: 1, rows: [] }] },
  ];
  assert.deepEqual(unpackOutcomes(structuredClone(packOutcomes(outcomes)), [1, 2, 2, 1]), outcomes);
});
