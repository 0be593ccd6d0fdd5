import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { Rest } from "./rest.ts";

function restBench() {
  const clock = new ManualClock();
  const done: string[] = [];
  const freezer = { freeze: () => done.push("freeze"), thaw: () => done.push("thaw") };
  return { clock, done, rest: new Rest(clock, () => freezer) };
}

test("a function is frozen a moment after its invocation, and thawed before the next", async () => {
  const { clock, done, rest } = restBench();
  rest.begin();
  await clock.advance(9);
  assert.deepEqual(done, []);
  await clock.advance(1);
  assert.deepEqual(done, ["freeze"]);
  rest.end();
  assert.deepEqual(done, ["freeze", "thaw"]);
  rest.stop();
  assert.equal(clock.pendingCount, 0);
});

test("who is invoked again at once is neither frozen nor thawed", async () => {
  const { clock, done, rest } = restBench();
  for (let invocation = 0; invocation < 10; invocation++) {
    rest.begin();
    await clock.advance(5);
    rest.end();
  }
  await clock.advance(1_000);
  assert.deepEqual(done, []);
});

test("what ends is thawed, and stays so", async () => {
  const { clock, done, rest } = restBench();
  rest.begin();
  await clock.advance(10);
  rest.stop();
  await clock.advance(1_000);
  assert.deepEqual(done, ["freeze", "thaw"]);
});
