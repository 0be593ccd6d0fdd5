import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { ManualClock } from "#kit/manual-clock.ts";
import { type EnvironmentSpec, type InvocationRequest, SandboxBusy } from "#sandbox/contract.ts";
import { zipOf } from "#test/packages.ts";
import { AwsError } from "#wire/errors.ts";
import { asyncInvocations } from "./async-invocations.ts";
import { accountId, id, type LambdaTrial, openLambdaTrial, root } from "../trial.ts";

const queueArn = `arn:aws:sqs:eu-central-1:${accountId}:outcomes`;
const topicArn = `arn:aws:sns:eu-central-1:${accountId}:letters`;
const functionArn = `arn:aws:lambda:eu-central-1:${accountId}:function`;
const hourMs = 3_600_000;
const finished = Promise.resolve();

describe("asynchronous invocations", () => {
  let trial: LambdaTrial;
  let clock: ManualClock;
  let loop: AsyncDisposable;
  let startMs: number;
  /** What functions ran, by name, and when, in milliseconds from the start. */
  let runs: Array<{ name: string; atMs: number; request: InvocationRequest }>;

  const failing = { payload: Buffer.from('{"errorMessage":"no","errorType":"Error"}'), functionError: "Unhandled", finished } as const;
  const succeeding = { payload: Buffer.from('{"sum": 1.10}'), finished } as const;

  const answerWith = (
    answer: (spec: EnvironmentSpec, request: InvocationRequest) => typeof failing | typeof succeeding | Promise<never>,
  ) => {
    trial.sandbox.invoke = async (spec, request) => {
      runs.push({ name: spec.functionName, atMs: clock.now() - startMs, request });
      return answer(spec, request);
    };
  };

  const invoke = (payload = "{}", name = id.name) =>
    trial.lambda.invoke({ FunctionName: name, InvocationType: "Event", Payload: Buffer.from(payload) }, root);

  /** Disk and loop work in real time, whatever the clock says. */
  async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    for (let look = 0; !(await isSo()); look++) {
      assert.ok(look < 5_000, "it did not come to pass");
      await pause(1);
    }
  }

  const isDone = async (): Promise<boolean> => (await trial.state.events.nextDueMs(0)) === undefined;

  /** Lets time pass in steps, each once the loop has nothing to do but to wait. */
  async function pass(totalMs: number, stepMs: number): Promise<void> {
    for (let passedMs = 0; passedMs < totalMs && !(await isDone()); passedMs += stepMs) {
      await until(async () => clock.pendingCount > 0 || isDone());
      await clock.advance(stepMs);
      await pause(2);
    }
  }

  beforeEach(async () => {
    trial = await openLambdaTrial();
    clock = trial.state.clock as ManualClock;
    startMs = clock.now();
    runs = [];
    answerWith(() => succeeding);
    await trial.createFunction(await zipOf({ "index.js": "" }));
    await trial.settle();
    loop = asyncInvocations(trial.state).start();
  });
  afterEach(async () => {
    await loop[Symbol.asyncDispose]();
    await trial[Symbol.asyncDispose]();
  });

  const configure = (input: object) => trial.lambda.putFunctionEventInvokeConfig({ FunctionName: "f", ...input }, root);

  test("tell the success destination, with payloads as they were written", async () => {
    await configure({ DestinationConfig: { OnSuccess: { Destination: queueArn }, OnFailure: { Destination: topicArn } } });
    await invoke('{"price": 1.50}');
    await until(isDone);
    const [{ request }] = runs as [(typeof runs)[0]];
    const [sent] = trial.called.filter(({ service }) => service === "sqs");
    assert.equal(sent!.operation, "SendMessage");
    assert.equal(sent!.input.QueueUrl, `https://sqs.eu-central-1.amazonaws.com/${accountId}/outcomes`);
    assert.equal(
      sent!.input.MessageBody,
      `{"version":"1.0","timestamp":"2026-01-15T12:00:00.000Z","requestContext":{"requestId":"${request.requestId}",` +
        `"functionArn":"${functionArn}:f:$LATEST","condition":"Success","approximateInvokeCount":1},"requestPayload":{"price": 1.50},` +
        `"responseContext":{"statusCode":200,"executedVersion":"$LATEST"},"responsePayload":{"sum": 1.10}}`,
    );
    const { as, region } = sent!.options;
    assert.equal(region, "eu-central-1");
    assert.equal(as.kind === "assumed-role" && as.arn, `arn:aws:sts::${accountId}:assumed-role/function-role/f`);
    assert.equal(trial.called.length, 1);
  });

  test("retry an error of the function with the same request id, then tell failure destination and dead letter queue", async () => {
    answerWith(() => failing);
    await configure({ DestinationConfig: { OnFailure: { Destination: topicArn } } });
    await trial.lambda.updateFunctionConfiguration({ FunctionName: "f", DeadLetterConfig: { TargetArn: queueArn } }, root);
    await trial.settle();
    await invoke('{"n":1}');
    await pass(4 * 60_000, 10_000);
    assert.deepEqual(
      runs.map(({ atMs }) => atMs),
      [0, 60_000, 180_000],
    );
    assert.equal(new Set(runs.map(({ request }) => request.requestId)).size, 1);
    const [record, letter] = trial.called;
    const { requestId } = runs[0]!.request;
    assert.deepEqual(JSON.parse(record!.input.Message as string), {
      version: "1.0",
      timestamp: "2026-01-15T12:03:00.000Z",
      requestContext: { requestId, functionArn: `${functionArn}:f:$LATEST`, condition: "RetriesExhausted", approximateInvokeCount: 3 },
      requestPayload: { n: 1 },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      responsePayload: { errorMessage: "no", errorType: "Error" },
    });
    assert.equal(record!.input.TopicArn, topicArn);
    assert.equal(letter!.input.MessageBody, '{"n":1}');
    assert.deepEqual(letter!.input.MessageAttributes, {
      RequestID: { DataType: "String", StringValue: requestId },
      ErrorCode: { DataType: "Number", StringValue: "200" },
      ErrorMessage: { DataType: "String", StringValue: "no" },
    });
    assert.equal(trial.state.metrics.sum("AsyncEventsDropped", id), 1);
    const ages = { count: 3, sum: 240_000, minimum: 0, maximum: 180_000 };
    assert.deepEqual(trial.state.metrics.statistic("AsyncEventAge", id), ages);
  });

  test("take the settings of the qualifier that was called", async () => {
    answerWith(() => failing);
    await trial.lambda.publishVersion({ FunctionName: "f" }, root);
    await trial.lambda.createAlias({ FunctionName: "f", Name: "live", FunctionVersion: "1" }, root);
    await configure({ Qualifier: "live", MaximumRetryAttempts: 0, DestinationConfig: { OnFailure: { Destination: queueArn } } });
    await configure({ MaximumRetryAttempts: 1 });
    await invoke("{}", "f:live");
    await until(isDone);
    assert.equal(runs.length, 1);
    const { requestContext, responseContext } = JSON.parse(trial.called[0]!.input.MessageBody as string);
    assert.equal(requestContext.functionArn, `${functionArn}:f:live`);
    assert.equal(responseContext.executedVersion, "1");
    await invoke();
    await pass(4 * 60_000, 30_000);
    assert.equal(runs.length, 3);
  });

  test("back off while they are throttled, for six hours", async () => {
    answerWith(() => Promise.reject(new SandboxBusy("full")));
    await configure({ DestinationConfig: { OnFailure: { Destination: queueArn } } });
    await invoke();
    await pass(7 * hourMs, 1_000 * 60);
    assert.ok(runs.length > 70 && runs.length < 90, `${runs.length} attempts`);
    assert.ok(runs.at(-1)!.atMs < 6 * hourMs);
    const { timestamp, requestContext, responseContext } = JSON.parse(trial.called[0]!.input.MessageBody as string);
    assert.equal(timestamp, "2026-01-15T18:00:00.000Z");
    assert.deepEqual([requestContext.condition, requestContext.approximateInvokeCount], ["EventAgeExceeded", 0]);
    assert.deepEqual(responseContext, { statusCode: 429 });
  });

  test("are over at once for a function without concurrency", async () => {
    await trial.lambda.putFunctionConcurrency({ FunctionName: "f", ReservedConcurrentExecutions: 0 }, root);
    await trial.lambda.updateFunctionConfiguration({ FunctionName: "f", DeadLetterConfig: { TargetArn: queueArn } }, root);
    await trial.settle();
    await invoke('"late"');
    await until(isDone);
    assert.equal(runs.length, 0);
    assert.equal(trial.called[0]!.input.MessageBody, '"late"');
    assert.deepEqual(Object.keys(trial.called[0]!.input.MessageAttributes as object), ["RequestID", "ErrorMessage"]);
  });

  test("of a slow function hold up no other", async () => {
    await trial.createFunction(await zipOf({ "index.js": "" }), "quick");
    await trial.settle("quick");
    const gate = Promise.withResolvers<typeof succeeding>();
    answerWith(({ functionName }) => (functionName === "f" ? (gate.promise as Promise<never>) : succeeding));
    await Promise.all(Array.from({ length: 200 }, () => invoke()));
    await until(() => runs.length === 50);
    await invoke("{}", "quick");
    await until(() => runs.some(({ name }) => name === "quick"));
    assert.equal(runs.filter(({ name }) => name === "f").length, 50, "a backlog starts no more than so many");
    gate.resolve(succeeding);
    await until(isDone);
    assert.equal(runs.length, 201);
  });

  test("run one each of a backlog that does not fit into memory, no more at a time than is reserved", async () => {
    let running = 0;
    let mostRunning = 0;
    await trial.lambda.putFunctionConcurrency({ FunctionName: "f", ReservedConcurrentExecutions: 3 }, root);
    trial.sandbox.invoke = async (_spec, request) => {
      mostRunning = Math.max(mostRunning, ++running);
      await pause(0);
      running--;
      runs.push({ name: "f", atMs: 0, request });
      return succeeding;
    };
    const accepted = Promise.all(Array.from({ length: 2_500 }, () => invoke()));
    await accepted;
    await until(isDone);
    assert.equal(runs.length, 2_500);
    assert.equal(new Set(runs.map(({ request }) => request.requestId)).size, 2_500);
    assert.equal(mostRunning, 3);
  });

  test("do not wait for a destination that refuses: it is asked four times, then counted", async () => {
    await configure({ DestinationConfig: { OnSuccess: { Destination: queueArn } } });
    const times: number[] = [];
    trial.onCall = () => {
      times.push(clock.now() - startMs);
      throw new AwsError("QueueDoesNotExist", "no such queue");
    };
    await invoke();
    await pass(5 * 60_000, 1_000);
    assert.deepEqual(times, [0, 1_000, 11_000, 71_000]);
    assert.equal(runs.length, 1, "the function does not run again");
    assert.equal(trial.state.metrics.sum("DestinationDeliveryFailures", id), 1);
    assert.equal(trial.state.metrics.sum("AsyncEventsDropped", id), 0);
  });

  test("end when their chain has come back to the function sixteen times, unless that is wanted", async () => {
    await configure({ DestinationConfig: { OnFailure: { Destination: queueArn } } });
    let traceHeader: string | undefined;
    const invokeInChain = async (): Promise<void> => {
      const before = runs.length;
      await trial.lambda.invoke({ FunctionName: "f", InvocationType: "Event" }, { ...root, traceHeader });
      await until(isDone);
      if (runs.length > before) traceHeader = runs.at(-1)!.request.traceId;
    };
    for (let round = 0; round < 20; round++) await invokeInChain();
    assert.equal(runs.length, 16);
    assert.equal(trial.state.metrics.sum("RecursiveInvocationsDropped", id), 4);
    assert.equal(JSON.parse(trial.called[0]!.input.MessageBody as string).requestContext.condition, "RecursiveInvocation");
    await assert.rejects(trial.lambda.invoke({ FunctionName: "f" }, { ...root, traceHeader }), { code: "RecursiveInvocationException" });
    await trial.lambda.putFunctionRecursionConfig({ FunctionName: "f", RecursiveLoop: "Allow" }, root);
    await invokeInChain();
    assert.equal(runs.length, 17);
  });

  test("go on after a stop where they were", async () => {
    answerWith(() => failing);
    await invoke();
    await until(() => clock.pendingCount > 0);
    await loop[Symbol.asyncDispose]();
    assert.equal(clock.pendingCount, 0);
    await clock.advance(90_000);
    assert.equal(runs.length, 1);
    loop = asyncInvocations(trial.state).start();
    await until(async () => {
      await clock.advance(0);
      return runs.length === 2;
    });
    await pass(4 * 60_000, 30_000);
    assert.deepEqual(
      runs.map(({ atMs }) => atMs),
      [0, 90_000, 210_000],
    );
  });
});
