import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { SpawnedProcess } from "./spawned-process.ts";

test("a process that is gone, with its control group, is held to no share, though its words are still being read", async () => {
  const clock = new ManualClock();
  const gone = Promise.withResolvers<{ code: number; signal: null }>();
  let held = 0;
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  // No process has this number: nothing is killed.
  const leader = { pid: 2 ** 30, ...streams, exited: gone.promise };
  const running = new SpawnedProcess(leader, clock, {
    holdToCpuShare: () => held++,
    peakMemoryBytes: () => 0,
    endRest: async () => {},
  });
  running.holdToCpuShare();
  assert.equal(held, 1);
  gone.resolve({ code: 0, signal: null });
  await clock.advance(0);
  running.holdToCpuShare();
  assert.equal(held, 1);
  streams.stdout.resume().end();
  streams.stderr.resume().end();
  assert.deepEqual(await running.exited, { code: 0, signal: null });
});

test("a process that was killed and does not end is hurried, and one that ends at once is not", async () => {
  for (const [waitMs, wanted] of [
    [99, 0],
    [100, 1],
  ] as const) {
    const clock = new ManualClock();
    const gone = Promise.withResolvers<{ code: null; signal: "SIGKILL" }>();
    const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
    let hurried = 0;
    const running = new SpawnedProcess({ pid: 2 ** 30, ...streams, exited: gone.promise }, clock, {
      holdToCpuShare: () => {},
      peakMemoryBytes: () => 0,
      endRest: async () => {},
      kill: () => {},
      hurry: () => hurried++,
    });
    const stopped = running.stop();
    await clock.advance(waitMs);
    streams.stdout.resume().end();
    streams.stderr.resume().end();
    gone.resolve({ code: null, signal: "SIGKILL" });
    await stopped;
    await clock.advance(1_000);
    assert.equal(hurried, wanted);
  }
});
