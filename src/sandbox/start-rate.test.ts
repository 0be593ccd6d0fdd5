import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { StartRate } from "./start-rate.ts";

const takeAll = (rate: StartRate, name: string): number => {
  let count = 0;
  while (rate.take(name)) count++;
  return count;
};

test("a function may grow by a thousand at once, and by a thousand every ten seconds", async () => {
  const clock = new ManualClock();
  const rate = new StartRate(clock);
  assert.equal(takeAll(rate, "a"), 1_000);
  await clock.advance(10);
  assert.equal(takeAll(rate, "a"), 1);
  await clock.advance(9_990);
  assert.equal(takeAll(rate, "a"), 999);
  assert.equal(takeAll(rate, "b"), 1_000, "another function has a rate of its own");
  await clock.advance(3_600_000);
  assert.equal(takeAll(rate, "a"), 1_000, "nothing is saved up");
});

test("of many functions those that are at rest are forgotten, and no other", async () => {
  const clock = new ManualClock();
  const rate = new StartRate(clock);
  for (let n = 0; n < 999; n++) rate.take(`quiet ${n}`);
  takeAll(rate, "noisy");
  await clock.advance(1_000);
  for (let n = 0; n < 100; n++) rate.take(`late ${n}`);
  assert.equal(takeAll(rate, "noisy"), 100);
});
