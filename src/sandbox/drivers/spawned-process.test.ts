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
