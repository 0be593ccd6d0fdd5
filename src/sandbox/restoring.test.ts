/** What an environment of a function with SnapStart goes through before its first invocation. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { randomIds } from "#kit/ids.ts";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import type { LogLine, LogStreamName } from "./contract.ts";
import type { EnvironmentParts } from "./environment-parts.ts";
import { EnvironmentRole } from "./environment-role.ts";
import { Environment } from "./environment.ts";
import { FakeDriver, type FakeProcess } from "./fixtures/fake-driver.ts";
import { requestOf, specOf } from "./fixtures/specs.ts";
import { FramedLink } from "./framed-link.ts";
import { frameType } from "./frames.ts";
import { restoreLimitMs } from "./restoration.ts";

const { ready, initError, checkpoint, restore, checkpointed, restored, restoreError, response } = frameType;
const spec = specOf({ hasSnapStart: true, functionVersion: "1" });
const noImage: [number, string] = [checkpointed, '{"image":false,"reason":"a test"}'];

async function open(changes: Partial<EnvironmentParts> = {}) {
  const clock = new ManualClock();
  const driver = new FakeDriver();
  const lines: Array<[stream: string, message: string]> = [];
  const role = await EnvironmentRole.assume(spec, "token");
  let lost = 0;
  const environment = new Environment({
    spec,
    initialisation: "snap-start",
    clock,
    ids: randomIds,
    log: silentLog,
    sink: {
      write({ stream }: LogStreamName, added: readonly LogLine[]) {
        for (const { message } of added) lines.push([stream, message.replace(/\t.*/, "")]);
        return undefined;
      },
    },
    driver,
    folders: { environment: "/nowhere/env-1", tmp: "/nowhere/env-1/tmp", task: "/code", fileSystems: [], readable: [] },
    logStream: "first",
    replaceAtMs: 1,
    program: { path: "/program", args: [], variables: {} },
    openLink: async (_, listener) => new FramedLink(listener),
    events: { onAnswered: () => {}, onFree: () => {}, onLost: () => lost++ },
    snapshot: { isOfImage: false, role, renew: async () => ({ logStream: "second", replaceAtMs: 7_000_000 }) },
    ...changes,
  });
  const runtime = (): FakeProcess => driver.last;
  /** The types of the frames that the runtime got. */
  const told = (): unknown[] => runtime().received.map((frame) => frame[4]);
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await clock.advance(0);
  };
  return { clock, environment, runtime, told, settle, lines, lost: () => lost };
}

/** One that waits at its snapshot. */
async function waiting() {
  const bench = await open();
  const over = bench.environment.initialise();
  await bench.settle();
  bench.runtime().say([ready]);
  await bench.settle();
  bench.runtime().say(noImage);
  assert.equal(await over, undefined);
  return bench;
}

test("it is initialised up to the snapshot, and goes on from there with a stream of its own for its log", async () => {
  const { clock, environment, runtime, told, settle, lines } = await waiting();
  assert.deepEqual([environment.isCheckpointed, environment.isInitialised, told()], [true, false, [checkpoint]]);
  await clock.advance(1_000);
  const over = environment.restore();
  await settle();
  assert.deepEqual(told(), [checkpoint, restore]);
  await clock.advance(250);
  runtime().say([restored]);
  await over;
  assert.deepEqual([environment.isInitialised, environment.replaceAtMs], [true, 7_000_000]);
  const answer = environment.invoke(requestOf({}, { requestId: "r" }));
  await settle();
  runtime().say([response, "1"]);
  await (
    await answer
  ).finished;
  assert.deepEqual(lines, [
    ["first", "INIT_START Runtime Version: nodejs:26.v1"],
    ["first", "INIT_REPORT Init Duration: 0.00 ms"],
    ["second", "RESTORE_START Runtime Version: nodejs:26.v1"],
    ["second", "RESTORE_REPORT Restore Duration: 250.00 ms"],
    ["second", "START RequestId: r Version: 1"],
    ["second", "END RequestId: r"],
    ["second", "REPORT RequestId: r"],
  ]);
});

test("hooks before the snapshot are part of the initialisation, which has 130 seconds", async () => {
  const { clock, environment, runtime, settle } = await open();
  const over = environment.initialise();
  await settle();
  runtime().say([ready]);
  await clock.advance(129_000);
  assert.equal(runtime().isStopped, false);
  await clock.advance(1_000);
  assert.equal((await over)?.errorType, "Sandbox.Timedout");
  assert.equal(runtime().isStopped, true);
});

test("a hook before the snapshot that fails is an error of the initialisation", async () => {
  const { environment, runtime, settle } = await open();
  const over = environment.initialise();
  await settle();
  runtime().say([ready]);
  await settle();
  runtime().say([initError, '{"errorType":"E"}']);
  assert.equal((await over)?.errorType, "E");
  assert.equal(environment.isCheckpointed, false);
});

test("hooks after the restore have ten seconds", async () => {
  const { clock, environment, runtime, settle, lines } = await waiting();
  const over = environment.restore();
  over.catch(() => {});
  await settle();
  await clock.advance(restoreLimitMs - 1);
  assert.equal(runtime().isStopped, false);
  await clock.advance(1);
  await assert.rejects(over, { reason: "restore-timeout", message: "Lambda couldn't restore the snapshot within the timeout limit." });
  assert.deepEqual([runtime().isStopped, environment.replaceAtMs], [true, 0]);
  assert.deepEqual(lines.at(-1), ["second", "RESTORE_REPORT Restore Duration: 10000.00 ms"]);
});

test("what the runtime reports of them is their failure, and its end another", async () => {
  const one = await waiting();
  const failed = one.environment.restore();
  await one.settle();
  one.runtime().say([restoreError, '{"errorType":"E"}']);
  await assert.rejects(failed, { reason: "restore-failed" });
  const other = await waiting();
  const lost = other.environment.restore();
  await other.settle();
  other.runtime().exit({ code: 1, signal: null });
  await assert.rejects(lost, { reason: "restore-lost" });
});

test("its end at the snapshot is told", async () => {
  const { runtime, settle, lost, environment } = await waiting();
  runtime().exit({ code: null, signal: "SIGKILL" });
  await settle();
  assert.deepEqual([lost(), environment.isCheckpointed], [1, false]);
});

test("what could not be initialised goes all the way with the invocation", async () => {
  const { clock, environment, runtime, settle } = await open();
  const over = environment.initialise();
  await settle();
  runtime().say([initError, '{"errorType":"E"}']);
  await over;
  const answer = environment.invoke(requestOf());
  await settle();
  runtime().say([ready]);
  await settle();
  runtime().say(noImage);
  await settle();
  runtime().say([restored]);
  await settle();
  runtime().say([response, '"served"']);
  assert.equal(Buffer.from((await answer).payload).toString(), '"served"');
  await clock.advance(0);
});

test("frames of the snapshot that come out of order end the environment", async () => {
  for (const frame of [[restored], noImage, [restoreError, "{}"]] as Array<[number, string?]>) {
    const { environment, runtime, settle } = await open();
    const over = environment.initialise();
    await settle();
    runtime().say(frame);
    assert.notEqual(await over, undefined, String(frame));
  }
});
