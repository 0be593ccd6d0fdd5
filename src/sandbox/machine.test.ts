import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { TaskBudget } from "./machine.ts";

test("there are numbers for a few more processes, but not for any number of them", { skip: process.platform !== "linux" }, async () => {
  const clock = new ManualClock();
  const tasks = new TaskBudget(clock);
  for (let reading = 0; reading < 2; reading++) {
    assert.equal(tasks.hasRoomFor(1), true);
    assert.equal(tasks.hasRoomFor(1_000_000_000), false);
    await clock.advance(1_000);
  }
});
