import assert from "node:assert/strict";
import { test } from "node:test";
import { boundOnThisMachine, type MeasuredSection, type Target, targetLines, targets, verdictOn } from "./targets.ts";

const time: Target = { title: "ready", section: "daemon", figure: "ready ms", bound: "at most", value: 500, unit: "ms", digits: 0 };
const ratio: Target = { title: "rate", section: "warm", figure: "ratio", bound: "at least", value: 0.35, unit: "", digits: 2 };

test("a slower machine has more time, a faster one not less, and ratios are the same everywhere", () => {
  assert.equal(boundOnThisMachine(time, 36), 1_000);
  assert.equal(boundOnThisMachine(time, 9), 500);
  assert.equal(boundOnThisMachine(ratio, 36), 0.35);
  assert.equal(boundOnThisMachine({ ...time, unit: "MiB" }, 36), 500);
});

test("verdicts", () => {
  assert.equal(verdictOn(time, 500, 36), "met");
  assert.equal(verdictOn(time, 501, 36), "met by the yardstick");
  assert.equal(verdictOn(time, 1_001, 36), "NOT MET");
  assert.equal(verdictOn(time, 501, 18), "NOT MET");
  assert.equal(verdictOn(ratio, 0.35, 36), "met");
  assert.equal(verdictOn(ratio, 0.34, 36), "NOT MET");
  assert.equal(verdictOn(time, Number.NaN, 36), "NOT MET", "what is no number meets nothing");
});

test("the table says what was not measured, and when the rest was", () => {
  const daemon: MeasuredSection = { date: "2026-11-22", nodeStartMs: 36, figures: { "ready ms": 700 } };
  const rows = targetLines({ daemon, warm: { ...daemon, figures: {} } }, [time, ratio]).slice(-2);
  assert.deepEqual(rows, [
    "| ready | at most 500 ms | 1000 ms (× 2.0) | 700 ms | met by the yardstick | 2026-11-22 |",
    "| rate | at least 0.35 |  |  | not measured |  |",
  ]);
  const never: MeasuredSection = {
    ...daemon,
    figures: JSON.parse(JSON.stringify({ "ready ms": Number.NaN })) as MeasuredSection["figures"],
  };
  assert.deepEqual(targetLines({ daemon: never }, [time]).slice(-1), [
    "| ready | at most 500 ms | 1000 ms (× 2.0) | never | NOT MET | 2026-11-22 |",
  ]);
});

test("no figure is wanted twice", () => {
  const names = targets.map(({ section, figure, bound }) => `${section}: ${figure}, ${bound}`);
  assert.equal(new Set(names).size, names.length);
});
