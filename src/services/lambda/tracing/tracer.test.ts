import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { zipOf } from "#test/packages.ts";
import { attempt } from "../async/attempt.ts";
import { type LambdaTrial, openLambdaTrial, root } from "../trial.ts";

const startedAtMs = Date.UTC(2026, 0, 15, 12);
const times = { startedAtMs, answeredAtMs: startedAtMs + 5, endedAtMs: startedAtMs + 6 };

interface Document {
  id: string;
  name: string;
  type?: string;
  origin?: string;
  parent_id?: string;
  subsegments?: Document[];
}

describe("tracing of invocations", () => {
  let trial: LambdaTrial;
  beforeEach(async () => {
    trial = await openLambdaTrial();
    await trial.createFunction(await zipOf({ "index.js": "" }));
    await trial.settle();
  });
  afterEach(() => trial[Symbol.asyncDispose]());

  const activate = async (): Promise<void> => {
    await trial.lambda.updateFunctionConfiguration({ FunctionName: "f", TracingConfig: { Mode: "Active" } }, root);
    await trial.settle();
  };
  const invoke = (traceHeader?: string) => trial.lambda.invoke({ FunctionName: "f" }, { ...root, traceHeader });
  const last = () => trial.sandbox.invoked.at(-1)!.request;
  async function sent(): Promise<Document[]> {
    await trial.state.tracer.start()[Symbol.asyncDispose]();
    return trial.called
      .filter(({ operation }) => operation === "PutTraceSegments")
      .flatMap(({ input }) => (input["TraceSegmentDocuments"] as string[]).map((text) => JSON.parse(text) as Document));
  }

  test("leaves functions that pass through alone, whatever their callers decided", async () => {
    await invoke();
    assert.match(last().traceId, /;Sampled=0;/);
    await invoke("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1");
    assert.match(last().traceId, /;Parent=53995c3f42cd8ad8;Sampled=1;/);
    assert.equal(last().trace, undefined);
    assert.deepEqual(await sent(), []);
  });

  test("follows the first invocation of a second, and those that callers have sampled", async () => {
    await activate();
    trial.fractions.push(0.5, 0.5);
    await invoke();
    assert.match(last().traceId, /;Sampled=1;Lineage=/);
    await invoke();
    assert.match(last().traceId, /;Sampled=0;Lineage=/);
    assert.equal(last().trace, undefined);
    await invoke("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1");
    last().trace!.ended(times);
    const documents = await sent();
    assert.deepEqual(
      documents.map(({ origin }) => origin),
      ["AWS::Lambda", "AWS::Lambda", "AWS::Lambda::Function"],
    );
    const [, service, own] = documents as [Document, Document, Document];
    assert.deepEqual([service.parent_id, own.parent_id], ["53995c3f42cd8ad8", service.id]);
    const invocation = own.subsegments!.find(({ name }) => name === "Invocation")!;
    assert.match(last().traceId, new RegExp(`Parent=${invocation.id};Sampled=1`));
  });

  test("tells of a function's end also if it is heard of before the answer", async () => {
    await activate();
    trial.sandbox.invoke = async (_, request) => {
      request.trace!.ended(times);
      return { payload: Buffer.from('{"errorType":"E","errorMessage":"m"}'), functionError: "Unhandled", finished: Promise.resolve() };
    };
    await invoke();
    const [service, own] = (await sent()) as [Document & { fault: boolean }, Document & { cause: { exceptions: object[] } }];
    assert.equal(service.fault, true);
    assert.partialDeepStrictEqual(own.cause.exceptions, [{ type: "E", message: "m" }]);
  });

  test("decides once for all attempts at an event, and puts them under one segment", async () => {
    await activate();
    let attempts = 0;
    const headers: string[] = [];
    trial.sandbox.invoke = async (_, request) => {
      headers.push(request.traceId);
      request.trace!.ended(times);
      const hasFailed = ++attempts === 1;
      return { payload: Buffer.from("{}"), ...(hasFailed && { functionError: "Unhandled" as const }), finished: Promise.resolve() };
    };
    const event = { target: { accountId: root.as.accountId, region: root.region, name: "f" }, payload: Buffer.from("{}") };
    const requestId = "01234567-89ab-4cde-8f01-23456789abcd";
    const traceId = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    const accepted = {
      ...event,
      requestId,
      context: { traceId },
      sequence: 1,
      acceptedMs: startedAtMs,
      dueMs: 0,
      failures: 0,
      refusals: 0,
    };
    await attempt(trial.state, accepted, undefined);
    await attempt(trial.state, { ...accepted, failures: 1 }, undefined);
    const documents = await sent();
    const [service, first, second] = documents.filter(({ origin, type }) => origin !== undefined || type !== undefined);
    assert.deepEqual(
      service!.subsegments!.map(({ name }) => name),
      ["Dwell Time", "Attempt #1"],
    );
    assert.deepEqual([first!.origin, first!.parent_id], ["AWS::Lambda::Function", service!.id]);
    assert.deepEqual([second!.name, second!.type, second!.parent_id], ["Attempt #2", "subsegment", service!.id]);
    assert.equal(new Set(headers.map((header) => header.slice(0, 40))).size, 1);
  });
});
