import assert from "node:assert/strict";
import { test } from "node:test";
import { randomIds } from "#kit/ids.ts";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import type { InvocationOutcome, InvocationRequest } from "./contract.ts";
import type { EnvironmentParts } from "./environment-parts.ts";
import { Environment } from "./environment.ts";
import { initLimitMs, repeatedInitGraceMs } from "./init-limits.ts";
import { FakeDriver } from "./fixtures/fake-driver.ts";
import { MemorySink, requestOf, specOf } from "./fixtures/specs.ts";
import { FramedLink } from "./framed-link.ts";
import { frameType } from "./frames.ts";
import { RuntimeSession } from "./runtime-session.ts";

const { ready, initError, response, error, log, responseHead } = frameType;

class Bench {
  readonly clock = new ManualClock();
  readonly driver = new FakeDriver();
  readonly sink = new MemorySink();
  readonly environment: Environment;
  freed = 0;
  lost = 0;

  constructor(changes: Partial<EnvironmentParts> = {}) {
    this.environment = new Environment({
      spec: specOf(),
      initialisation: "on-demand",
      clock: this.clock,
      ids: randomIds,
      log: silentLog,
      sink: this.sink,
      driver: this.driver,
      folders: { environment: "/nowhere/env-1", tmp: "/nowhere/env-1/tmp", task: "/code", fileSystems: [], readable: [] },
      logStream: "stream",
      replaceAtMs: 0,
      program: { path: "/program", args: [], variables: {} },
      openLink: async (_, listener) => new FramedLink(listener),
      events: { onAnswered: () => {}, onFree: () => this.freed++, onLost: () => this.lost++ },
      ...changes,
    });
  }

  async initialised(): Promise<this> {
    const over = this.environment.initialise();
    await this.clock.advance(100);
    this.driver.last.say([ready]);
    await over;
    return this;
  }

  async invoke(changes: Partial<InvocationRequest> = {}): Promise<{ answer: Promise<InvocationOutcome> }> {
    const answer = this.environment.invoke(requestOf({}, { requestId: "r", ...changes }));
    answer.catch(() => {});
    await this.clock.advance(0);
    return { answer };
  }

  /** Enough turns of the event loop for whatever was started to settle. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await this.clock.advance(0);
  }
}

const text = (outcome: InvocationOutcome): string => Buffer.from(outcome.payload).toString();

test("the processor is shared from the end of the initialisation on", async () => {
  const bench = new Bench();
  const over = bench.environment.initialise();
  await bench.settle();
  assert.equal(bench.driver.last.isHeldToCpuShare, false);
  bench.driver.last.say([ready]);
  await over;
  assert.equal(bench.driver.last.isHeldToCpuShare, true);
});

test("a process that was started ahead of need and cannot be used is ended, and another one launched", async () => {
  let ended = 0;
  const adopted: RuntimeSession[] = [];
  const standby: EnvironmentParts["standby"] = {
    adopt(listener) {
      if (adopted.length > 0) return undefined;
      const session = new RuntimeSession(listener, new ManualClock(), randomIds);
      adopted.push(session);
      return session;
    },
    end: async () => void ended++,
  };
  // A session that was never launched has nothing to specialise.
  const bench = await new Bench({ standby }).initialised();
  assert.equal(adopted.length, 1);
  assert.equal(bench.driver.processes.length, 1);
  const { answer } = await bench.invoke();
  bench.driver.last.say([response, "1"]);
  assert.equal(text(await answer), "1");
  await bench.environment.stop();
  assert.equal(ended, 1);
});

test("one that was never used ends with its environment", async () => {
  let ended = 0;
  const standby = { adopt: () => undefined, end: async () => void ended++ };
  await new Bench({ standby }).environment.stop();
  assert.equal(ended, 1);
});

test("durations are those of the clock; the Init phase is reported once", async () => {
  const bench = await new Bench().initialised();
  const first = await bench.invoke();
  await bench.clock.advance(12);
  bench.driver.last.say([response, "1"]);
  await (
    await first.answer
  ).finished;
  const second = await bench.invoke();
  bench.driver.last.say([response, "2"]);
  const outcome = await second.answer;
  await outcome.finished;
  assert.equal(text(outcome), "2");
  assert.equal(bench.freed, 2);
  const reports = bench.sink.messages.filter((line) => line.startsWith("REPORT"));
  assert.deepEqual(reports, [
    "REPORT RequestId: r\tDuration: 12.00 ms\tBilled Duration: 112 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\tInit Duration: 100.00 ms\t",
    "REPORT RequestId: r\tDuration: 0.00 ms\tBilled Duration: 0 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t",
  ]);
});

test("an initialisation past its limit is cut off, and repeated in the time of the invocation", async () => {
  const bench = new Bench();
  const over = bench.environment.initialise();
  await bench.clock.advance(initLimitMs);
  await over;
  assert.equal(bench.driver.last.isStopped, true);
  const { answer } = await bench.invoke();
  assert.equal(bench.driver.processes.length, 2);
  await bench.clock.advance(2_000);
  bench.driver.last.say([ready]);
  await bench.clock.advance(999);
  bench.driver.last.say([response, "1"]);
  assert.equal(text(await answer), "1");
});

test("a repeated initialisation that outlasts the function's time is a timeout", async () => {
  const bench = new Bench();
  const over = bench.environment.initialise();
  await bench.clock.advance(0);
  bench.driver.last.say([initError, "{}"]);
  await over;
  const { answer } = await bench.invoke();
  await bench.clock.advance(3_000);
  const outcome = await answer;
  assert.equal(text(outcome), '{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r Error: Task timed out after 3.00 seconds"}');
  await outcome.finished;
  assert.equal(bench.driver.last.isStopped, true);
  assert.equal(bench.freed, 1);
});

test("with the log asked for, the answer comes with it; otherwise before it", async () => {
  const bench = await new Bench().initialised();
  const plain = await bench.invoke();
  bench.driver.last.say([response, "1"]);
  await (
    await plain.answer
  ).finished;
  const tailed = await bench.invoke({ tailLog: true });
  bench.driver.last.say([response, "2"]);
  assert.match(
    (await tailed.answer).logTail?.toString() ?? "",
    /^START RequestId: r Version: \$LATEST\nEND RequestId: r\nREPORT [^\n]*\n$/,
  );
});

test("output that is still in the pipes when the answer comes belongs to the invocation", async () => {
  const bench = await new Bench().initialised();
  const { answer } = await bench.invoke();
  bench.driver.last.say([response, "1"]);
  bench.driver.last.stdout.write("late, and without an end");
  await (
    await answer
  ).finished;
  const { messages } = bench.sink;
  assert.deepEqual(messages.slice(1, 4), ["START RequestId: r Version: $LATEST", "late, and without an end", "END RequestId: r"]);
});

test("the time of a log frame is believed if it is near ours", async () => {
  const bench = await new Bench().initialised();
  const nowMs = bench.clock.now();
  const frame = (timestampMs: number, message: string): [number, Buffer] => {
    const head = Buffer.alloc(9);
    head.writeDoubleLE(timestampMs, 1);
    return [log, Buffer.concat([head, Buffer.from(message)])];
  };
  const hourMs = 60 * 60 * 1000;
  bench.driver.last.say(frame(nowMs - 5, "near"), frame(Number.NaN, "none"), frame(nowMs - hourMs, "far"), frame(nowMs + hourMs, "far"));
  await bench.settle();
  const times = bench.sink.lines.slice(-4).map(({ message, timestampMs }) => [message, timestampMs - nowMs]);
  assert.deepEqual(times, [
    ["near", -5],
    ["none", 0],
    ["far", 0],
    ["far", 0],
  ]);
});

test("whatever a runtime says out of order, the environment recovers and answers again", async () => {
  const nonsense: Array<Array<[number, string?]>> = [
    [
      [response, "1"],
      [response, "2"],
    ],
    [[error, "{}"], [ready]],
    [
      [responseHead, ""],
      [response, "1"],
    ],
    [[ready]],
    [[initError, "{}"]],
    [[0]],
  ];
  for (const frames of nonsense) {
    const bench = await new Bench().initialised();
    const { answer } = await bench.invoke();
    bench.driver.last.say(...frames);
    await (
      await answer
    ).finished;
    await bench.settle();
    assert.equal(bench.driver.last.isStopped, true, JSON.stringify(frames));
    const again = await bench.invoke();
    bench.driver.last.say([ready]);
    await bench.settle();
    bench.driver.last.say([response, "fine"]);
    assert.equal(text(await again.answer), "fine");
    assert.equal(bench.driver.processes.length, 2);
  }
});

test("an invocation that comes while a dead process is cleared away waits for the next", async () => {
  const bench = await new Bench().initialised();
  bench.driver.last.exit({ code: 1, signal: null });
  await Promise.resolve();
  const { answer } = await bench.invoke();
  await bench.settle();
  bench.driver.last.say([ready]);
  await bench.settle();
  bench.driver.last.say([response, "1"]);
  assert.equal(text(await answer), "1");
});

test("one that ends while it is free says so, and is not initialised any more", async () => {
  const bench = await new Bench().initialised();
  assert.deepEqual([bench.environment.isInitialised, bench.lost], [true, 0]);
  bench.driver.last.exit({ code: 1, signal: null });
  await bench.settle();
  assert.deepEqual([bench.environment.isInitialised, bench.lost], [false, 1]);
});

test("with provisioned concurrency an initialisation may take as long as an invocation, and 130 seconds at least", async () => {
  for (const [timeoutMs, limitMs] of [
    [3_000, 130_000],
    [900_000, 900_000],
  ] as const) {
    const bench = new Bench({ initialisation: "provisioned-concurrency", spec: specOf({ timeoutMs }) });
    const over = bench.environment.initialise();
    await bench.clock.advance(limitMs - 1);
    assert.equal(bench.driver.last.isStopped, false);
    await bench.clock.advance(1);
    await over;
    assert.deepEqual([bench.driver.last.isStopped, bench.environment.isInitialised], [true, false]);
  }
});

test("what our own side throws is the end of this process, and of nothing else", async () => {
  const bench = new Bench({ replaceAtMs: 1 });
  const failing = (): never => {
    throw new Error("the control group is gone");
  };
  const over = bench.environment.initialise();
  await bench.settle();
  bench.driver.last.holdToCpuShare = failing;
  bench.driver.last.say([ready]);
  await over;
  assert.equal(bench.driver.last.isStopped, true);

  const { answer } = await bench.invoke();
  await bench.settle();
  bench.driver.last.say([ready]);
  await bench.settle();
  const unwritable = bench.driver.last;
  unwritable.peakMemoryBytes = failing;
  // So long that it is asked for.
  await bench.clock.advance(2_500);
  unwritable.say([response, "1"]);
  assert.equal(text(await answer), "1");
  await bench.settle();
  assert.deepEqual([unwritable.isStopped, bench.environment.replaceAtMs], [true, 0]);
  await bench.environment.stop();
  await bench.settle();
  assert.equal(bench.freed, 1);
});

test("to initialise again within an invocation takes, after a moment, no more than the share of the processor", async () => {
  const bench = new Bench();
  const over = bench.environment.initialise();
  await bench.settle();
  bench.driver.last.exit({ code: 1, signal: null });
  await over;
  assert.equal(bench.driver.last.isHeldToCpuShare, false);
  const { answer } = await bench.invoke();
  await bench.settle();
  assert.equal(bench.driver.processes.length, 2);
  assert.equal(bench.driver.last.isHeldToCpuShare, false);
  await bench.clock.advance(repeatedInitGraceMs);
  assert.equal(bench.driver.last.isHeldToCpuShare, true);
  bench.driver.last.say([ready]);
  await bench.settle();
  bench.driver.last.say([response, "1"]);
  assert.equal(text(await answer), "1");
});

test("a process that cannot be launched is our failure", async () => {
  const bench = new Bench();
  bench.driver.failure = new Error("no more processes");
  await bench.environment.initialise();
  const { answer } = await bench.invoke();
  await assert.rejects(answer, { name: "SandboxFailure", reason: "internal" });
  bench.driver.failure = undefined;
  await bench.settle();
  const again = await bench.invoke();
  bench.driver.last.say([ready]);
  await bench.settle();
  bench.driver.last.say([response, "1"]);
  assert.equal(text(await again.answer), "1");
});

test("stopping at any moment ends the process, rejects the invocation and leaves no timer", async () => {
  const moments: Array<(bench: Bench) => Promise<unknown>> = [
    async () => {},
    async (bench) => void bench.environment.initialise(),
    async (bench) => bench.initialised(),
    async (bench) => (await bench.initialised()).invoke(),
    async (bench) => {
      await (await bench.initialised()).invoke();
      bench.driver.last.say([response, "1"]);
      await Promise.resolve();
    },
    async (bench) => {
      await (await bench.initialised()).invoke();
      void bench.clock.advance(3_000);
    },
  ];
  for (const moment of moments) {
    const bench = new Bench();
    await moment(bench);
    await bench.environment.stop();
    await bench.settle();
    assert.ok(bench.driver.processes.every((process) => process.isStopped));
    assert.equal(bench.clock.pendingCount, 0);
    assert.equal(bench.freed, 0);
    await assert.rejects(bench.environment.invoke(requestOf()), { reason: "stopping" });
  }
});
