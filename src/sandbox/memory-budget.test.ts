import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { MemoryBudget } from "./memory-budget.ts";

const mb = 1024 * 1024;

test("what is measured counts, and what those that start will need in the mean", async () => {
  const clock = new ManualClock();
  let usedMb = 0;
  const budget = new MemoryBudget(clock, [() => ({ usedBytes: usedMb * mb, limitBytes: 1_000 * mb })]);
  // Of 1,000 MB 50 stay free; nothing is known yet, so each is taken to need 16.
  assert.equal(budget.hasRoomFor(59, 0), true);
  assert.equal(budget.hasRoomFor(60, 0), false);
  usedMb = 400;
  assert.equal(budget.hasRoomFor(59, 0), true, "a reading is good for a while");
  assert.equal(budget.hasRoomFor(49, 10), true);
  assert.equal(budget.hasRoomFor(50, 10), false, "those that have come since it was made are counted");
  await clock.advance(200);
  // Ten use 40 MB each.
  assert.equal(budget.hasRoomFor(13, 10), true);
  assert.equal(budget.hasRoomFor(14, 10), false);
  await clock.advance(200);
  assert.equal(budget.hasRoomFor(13, 10), true);
  await clock.advance(200);
  // One uses 400 MB; the next will hardly.
  assert.equal(budget.hasRoomFor(2, 1), true);
  assert.equal(budget.hasRoomFor(3, 1), false);
});

test("the narrowest place decides; where nothing is known there is no limit", () => {
  const clock = new ManualClock();
  const wide = () => ({ usedBytes: 100 * mb, limitBytes: 10_000 * mb });
  const narrow = () => ({ usedBytes: 0, limitBytes: 200 * mb });
  assert.equal(new MemoryBudget(clock, [wide, narrow]).hasRoomFor(1, 1), true);
  assert.equal(new MemoryBudget(clock, [wide, narrow]).hasRoomFor(2, 1), false);
  assert.equal(new MemoryBudget(clock, [() => undefined]).hasRoomFor(1_000_000, 1), true);
});
