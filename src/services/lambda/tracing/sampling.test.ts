import assert from "node:assert/strict";
import { test } from "node:test";
import { randomIds } from "#kit/ids.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { Sampling } from "./sampling.ts";

test("the first invocation of a function in each second is sampled, and five percent of the others", async () => {
  const clock = new ManualClock();
  const draws = [0.049, 0.05, 0.9];
  const sampling = new Sampling(clock, { ...randomIds, fraction: () => draws.shift() ?? assert.fail("chance is asked once too often") });
  assert.deepEqual(
    Array.from({ length: 4 }, () => sampling.decide("a")),
    [true, true, false, false],
  );
  assert.equal(sampling.decide("b"), true);
  await clock.advance(1_000);
  assert.equal(sampling.decide("a"), true);
});
