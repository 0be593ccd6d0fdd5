import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadline } from "./deadline.ts";
import { ManualClock } from "./manual-clock.ts";

function open(): { clock: ManualClock; deadline: Deadline; reachedMs: number[] } {
  const clock = new ManualClock(0);
  const reachedMs: number[] = [];
  return { clock, reachedMs, deadline: new Deadline(clock, () => reachedMs.push(clock.monotonicMs())) };
}

test("a deadline comes when it was set for, and once", async () => {
  const { clock, deadline, reachedMs } = open();
  deadline.set(100);
  await clock.advance(99);
  assert.deepEqual(reachedMs, []);
  await clock.advance(1_000);
  assert.deepEqual(reachedMs, [100]);
  deadline.set(50);
  await clock.advance(50);
  assert.deepEqual(reachedMs, [100, 1_149]);
});

test("called off and set again, it takes one timer and comes at its new time", async () => {
  const { clock, deadline, reachedMs } = open();
  for (let count = 0; count < 10; count++) {
    deadline.set(100);
    await clock.advance(30);
    deadline.callOff();
    assert.ok(clock.pendingCount <= 1);
  }
  deadline.set(100);
  await clock.advance(1_000);
  assert.deepEqual(reachedMs, [400]);
});

test("an earlier time than before counts", async () => {
  const { clock, deadline, reachedMs } = open();
  deadline.set(1_000);
  deadline.set(10);
  await clock.advance(2_000);
  assert.deepEqual(reachedMs, [10]);
});

test("one that was called off or stopped does not come", async () => {
  const { clock, deadline, reachedMs } = open();
  deadline.set(10);
  deadline.callOff();
  await clock.advance(100);
  deadline.set(10);
  deadline.stop();
  assert.equal(clock.pendingCount, 0);
  await clock.advance(100);
  assert.deepEqual(reachedMs, []);
});
