import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { every } from "./every.ts";

test("an action runs at its interval, survives a failure, and runs a last time only if told to", async () => {
  for (const atStop of [false, true]) {
    const clock = new ManualClock();
    const lines: string[] = [];
    let runs = 0;
    const action = async (): Promise<void> => {
      if (++runs === 1) throw new Error("once");
    };
    const loop = every(1_000, "the test", { clock, log: createLog("error", (line) => void lines.push(line)) }, action, { atStop }).start();
    await clock.advance(999);
    assert.equal(runs, 0);
    await clock.advance(2_001);
    assert.equal(runs, 3);
    assert.equal(lines.length, 1);
    await loop[Symbol.asyncDispose]();
    assert.equal(runs, atStop ? 4 : 3);
    assert.equal(clock.pendingCount, 0);
  }
});
