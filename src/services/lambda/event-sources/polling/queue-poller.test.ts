import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "#kit/clock.ts";
import type { ManualClock } from "#kit/manual-clock.ts";
import { type InvocationOutcome, type InvocationRequest, SandboxBusy } from "#sandbox/contract.ts";
import { zipOf } from "#test/packages.ts";
import { accountId, id, type LambdaTrial, openLambdaTrial, root } from "../../trial.ts";
import { withInvocationOf } from "../../trace-header.ts";
import { createdMapping } from "../mapping.ts";
import type { Options } from "../rules.ts";
import { QueuePoller } from "./queue-poller.ts";
import type { QueueSource, SourceRecord } from "./source.ts";

const hiddenMs = 30_000;

/** A queue in memory whose messages come back when they have been hidden long enough. */
class FakeQueue implements QueueSource {
  isOrdered = false;
  readonly largestReceive = 10;
  /** How often something was asked for, and how many wait. */
  receives = 0;
  waiting = 0;
  readonly visible: SourceRecord[] = [];
  readonly hidden = new Map<SourceRecord, number>();
  readonly removed: string[] = [];
  readonly #clock: Clock;
  #wake: Array<() => void> = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  send(...records: SourceRecord[]): void {
    this.visible.push(...records);
    for (const wake of this.#wake.splice(0)) wake();
  }

  async receive(limit: number, waitMs: number, signal: AbortSignal): Promise<SourceRecord[]> {
    this.receives++;
    const endMs = this.#clock.now() + waitMs;
    this.waiting++;
    while (this.#take().length === 0 && !signal.aborted && this.#clock.now() < endMs) await this.#changed(endMs, signal);
    this.waiting--;
    const records = signal.aborted ? [] : this.visible.splice(0, limit);
    for (const record of records) this.hidden.set(record, this.#clock.now() + hiddenMs);
    return records;
  }

  async remove(records: readonly SourceRecord[]): Promise<void> {
    for (const record of records) {
      this.removed.push(record.id);
      this.hidden.delete(record);
    }
  }

  async release(records: readonly SourceRecord[]): Promise<void> {
    for (const record of records) this.hidden.set(record, 0);
  }

  async hiddenMs(): Promise<number> {
    return hiddenMs;
  }

  #take(): SourceRecord[] {
    for (const [record, untilMs] of this.hidden) {
      if (untilMs > this.#clock.now()) continue;
      this.hidden.delete(record);
      this.visible.push(record);
    }
    return this.visible;
  }

  async #changed(endMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const nextMs = Math.min(endMs, ...this.hidden.values());
    const timer = this.#clock.after(nextMs - this.#clock.now(), resolve);
    this.#wake.push(resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    timer.cancel();
  }
}

const record = (name: string, more: Partial<SourceRecord> = {}): SourceRecord => ({
  id: name,
  json: JSON.stringify({ messageId: name }),
  filtered: { body: name },
  ...more,
});
const numbered = (count: number): SourceRecord[] => Array.from({ length: count }, (_, index) => record(`m${index}`));

describe("a poller of a queue", () => {
  let trial: LambdaTrial;
  let clock: ManualClock;
  let queue: FakeQueue;
  let poller: AsyncDisposable | undefined;
  /** The ids of the records of each invocation. */
  let batches: string[][];
  let answer: (request: InvocationRequest) => Partial<InvocationOutcome> | Promise<Partial<InvocationOutcome>>;

  const mappingOf = (options: Options, functionArn = `arn:aws:lambda:eu-central-1:${accountId}:function:f`) =>
    createdMapping(
      {
        accountId,
        region: root.region,
        uuid: "u",
        kind: "sqs",
        functionArn,
        options: { BatchSize: 10, MaximumBatchingWindowInSeconds: 0, ...options },
        isEnabled: true,
      },
      0,
    );
  const poll = (options: Options = {}, functionArn?: string): void => {
    poller = new QueuePoller(trial.state, mappingOf(options, functionArn), queue);
  };

  /** What is stored is read in real time, whatever the clock says. */
  async function until(isSo: () => boolean): Promise<void> {
    for (let look = 0; !isSo(); look++) {
      assert.ok(look < 2_000, "it did not come to pass");
      await pause(1);
    }
  }
  /** Long enough for everything to happen that is not waiting for time. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  };

  beforeEach(async () => {
    trial = await openLambdaTrial();
    clock = trial.state.clock as ManualClock;
    queue = new FakeQueue(clock);
    batches = [];
    answer = () => ({});
    trial.sandbox.invoke = async (_spec, request) => {
      const { Records } = JSON.parse(Buffer.from(request.payload).toString()) as { Records: Array<{ messageId: string }> };
      batches.push(Records.map(({ messageId }) => messageId));
      return { payload: Buffer.from("null"), finished: Promise.resolve(), ...(await answer(request)) };
    };
    await trial.createFunction(await zipOf({ "index.js": "" }));
    await trial.settle();
  });
  afterEach(async () => {
    await poller?.[Symbol.asyncDispose]();
    assert.equal(queue.waiting, 0);
    await trial[Symbol.asyncDispose]();
  });

  test("waits with one request, hands over what comes, and removes it once it was processed", async () => {
    poll();
    await until(() => queue.waiting === 1);
    await settle();
    assert.equal(queue.receives, 1);
    answer = () => {
      assert.deepEqual(queue.removed, []);
      return {};
    };
    queue.send(record("a"), record("b"));
    await until(() => queue.removed.length === 2);
    assert.deepEqual(batches, [["a", "b"]]);
    assert.equal(queue.waiting, 1);
    assert.equal(trial.state.metrics.sumOfMapping("DeletedEventCount", "u"), 2);
  });

  test("leaves a batch where it is when the function fails; it comes again after its visibility timeout", async () => {
    let failures = 0;
    answer = () => (failures++ === 0 ? { functionError: "Unhandled" } : {});
    poll();
    queue.send(record("a"));
    await until(() => batches.length === 1);
    await settle();
    assert.deepEqual(queue.removed, []);
    await clock.advance(hiddenMs - 1);
    assert.equal(batches.length, 1);
    await clock.advance(1);
    await until(() => queue.removed.length === 1);
    assert.equal(trial.state.metrics.sumOfMapping("FailedInvokeEventCount", "u"), 1);
  });

  test("leaves those records of a batch that the function reports, if it was told to look", async () => {
    answer = () => ({ payload: Buffer.from('{"batchItemFailures":[{"itemIdentifier":"b"}]}') });
    poll({ FunctionResponseTypes: ["ReportBatchItemFailures"] });
    queue.send(record("a"), record("b"), record("c"));
    await until(() => queue.removed.length === 2);
    assert.deepEqual(queue.removed, ["a", "c"]);
    await poller![Symbol.asyncDispose]();
    poll();
    queue.send(record("b"));
    await until(() => queue.removed.length === 3);
  });

  test("removes what no filter lets through, and does not bother the function with it", async () => {
    poll({ FilterCriteria: { Filters: [{ Pattern: '{"body":["b"]}' }] } });
    queue.send(record("a"), record("b"), record("c"));
    await until(() => queue.removed.length === 3);
    assert.deepEqual(batches, [["b"]]);
    queue.send(record("d"));
    await until(() => queue.removed.length === 4);
    assert.equal(batches.length, 1);
    assert.equal(trial.state.metrics.sumOfMapping("FilteredOutEventCount", "u"), 3);
  });

  test("gathers until the batch is full, or its window over", async () => {
    poll({ BatchSize: 25, MaximumBatchingWindowInSeconds: 2 });
    queue.send(...numbered(30));
    await until(() => batches.length === 1);
    assert.equal(batches[0]!.length, 25);
    await settle();
    assert.equal(batches.length, 1, "five wait for more");
    await clock.advance(1_500);
    queue.send(record("late"));
    await settle();
    assert.equal(batches.length, 1);
    await clock.advance(500);
    await until(() => batches.length === 2);
    assert.equal(batches[1]!.length, 6);
    await until(() => queue.removed.length === 31);
  });

  test("parts a batch that would become too large an event", async () => {
    const json = (messageId: string): string => JSON.stringify({ messageId, body: "x".repeat(2_500_000) });
    poll();
    queue.send(...["a", "b", "c"].map((name) => record(name, { json: json(name) })));
    await until(() => queue.removed.length === 3);
    assert.deepEqual(batches, [["a", "b"], ["c"]]);
  });

  test("does not let records of an ordered queue overtake a part that failed", async () => {
    queue.isOrdered = true;
    answer = () => ({ functionError: "Unhandled" });
    const json = (messageId: string): string => JSON.stringify({ messageId, body: "x".repeat(4_000_000) });
    poll();
    queue.send(...["a", "b"].map((name) => record(name, { json: json(name) })));
    await until(() => batches.length === 1);
    await settle();
    assert.deepEqual(batches, [["a"]]);
  });

  test("tries a throttled batch again for as long as it is hidden from others, without receiving it again", async () => {
    let throttles = 0;
    trial.sandbox.invoke = async () => {
      throttles++;
      throw new SandboxBusy("full");
    };
    poll();
    queue.send(record("a"));
    await until(() => throttles === 1);
    for (let passedMs = 0; passedMs < hiddenMs - 5_000; passedMs += 1_000) {
      await settle();
      await clock.advance(1_000);
    }
    assert.ok(throttles > 5 && throttles < 20, `${throttles} attempts`);
    assert.equal(queue.receives, 2, "one has waited for more since before the first throttle");
    assert.deepEqual(queue.removed, []);
  });

  test("gives a batch back that could not be handed over before it was stopped", async () => {
    trial.sandbox.invoke = async () => {
      throw new SandboxBusy("full");
    };
    poll();
    queue.send(record("a"));
    await until(() => clock.pendingCount === 2);
    await poller![Symbol.asyncDispose]();
    assert.deepEqual([...queue.hidden.values()], [0]);
  });

  test("has no more batches in the function's hands than it may", async () => {
    let running = 0;
    let mostRunning = 0;
    answer = async () => {
      mostRunning = Math.max(mostRunning, ++running);
      await pause(1);
      running--;
      return {};
    };
    poll({ BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } });
    queue.send(...numbered(50));
    await until(() => queue.removed.length === 50);
    assert.equal(mostRunning, 2);
    assert.equal(batches.length, 50);
  });

  test("reads nothing while its function is not there or switched off", async () => {
    poll({}, `arn:aws:lambda:eu-central-1:${accountId}:function:later`);
    queue.send(record("a"));
    await until(() => clock.pendingCount > 0);
    assert.equal(queue.receives, 0);
    await trial.createFunction(await zipOf({ "index.js": "" }), "later");
    await trial.settle("later");
    await trial.lambda.putFunctionConcurrency({ FunctionName: "later", ReservedConcurrentExecutions: 0 }, root);
    await clock.advance(1_000);
    await settle();
    assert.equal(queue.receives, 0);
    await trial.lambda.deleteFunctionConcurrency({ FunctionName: "later" }, root);
    await clock.advance(2_000);
    await until(() => queue.removed.length === 1);
  });

  test("leaves records whose chain has come to the function too often", async () => {
    let traceHeader = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";
    for (let count = 0; count < 16; count++)
      traceHeader = withInvocationOf(traceHeader, `arn:aws:lambda:eu-central-1:${accountId}:function:f`);
    poll();
    queue.send(record("a"), record("b", { traceHeader }), record("c"));
    await until(() => queue.removed.length === 2);
    assert.deepEqual(batches, [["a", "c"]]);
    assert.equal(trial.state.metrics.sum("RecursiveInvocationsDropped", id), 1);
  });

  test("does not ask again at once when it was told at once that there is nothing", async () => {
    queue.receive = async () => {
      queue.receives++;
      return [];
    };
    poll();
    await until(() => clock.pendingCount === 1);
    await settle();
    assert.equal(queue.receives, 1);
    await clock.advance(1_000);
    assert.equal(queue.receives, 2);
  });

  test("brings to its end what it has begun when it is stopped", async () => {
    const gate = Promise.withResolvers<object>();
    answer = () => gate.promise;
    poll();
    queue.send(record("a"));
    await until(() => batches.length === 1);
    const stopped = poller![Symbol.asyncDispose]();
    queue.send(record("b"));
    gate.resolve({});
    await stopped;
    assert.deepEqual(queue.removed, ["a"]);
    assert.equal(queue.visible.length, 1);
    assert.equal(clock.pendingCount, 0);
  });
});
