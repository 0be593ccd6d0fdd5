import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { ForkRests } from "./fork-rests.ts";

/** How long a rest lasts that begins now, in seconds. */
async function lengthOfRest(rests: ForkRests, clock: ManualClock): Promise<number> {
  rests.begin("nodejs24.x");
  let seconds = 0;
  for (; rests.isResting("nodejs24.x"); seconds++) await clock.advance(1_000);
  return seconds;
}

test("rests grow with each failure that follows, up to a minute, and are short again after a minute without one", async () => {
  const clock = new ManualClock();
  const rests = new ForkRests(clock);
  const lengths: number[] = [];
  for (let count = 0; count < 8; count++) lengths.push(await lengthOfRest(rests, clock));
  assert.deepEqual(lengths, [1, 2, 4, 8, 16, 32, 60, 60]);
  await clock.advance(60_000);
  assert.equal(await lengthOfRest(rests, clock), 1);
});

test("failures during a rest are of the same cause, and each runtime rests for itself", async () => {
  const clock = new ManualClock();
  const rests = new ForkRests(clock);
  for (let count = 0; count < 5; count++) rests.begin("nodejs24.x");
  assert.equal(rests.isResting("python3.13"), false);
  await clock.advance(1_000);
  assert.equal(rests.isResting("nodejs24.x"), false);
});
