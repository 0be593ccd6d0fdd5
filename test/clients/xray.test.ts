/** X-Ray as its SDK sees it, and the traces of functions: their headers, their segments, the daemon in their environment, and OTLP. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { XRay } from "@aws-sdk/client-xray";
import { createFunction, eventually, payloadOf, tailOf } from "#test/functions.ts";
import { type Product, accountId, startProduct } from "#test/product.ts";

const source = `
const { createSocket } = require("node:dgram");
let runs = 0;
exports.handler = async (event) => {
  const header = process.env._X_AMZN_TRACE_ID;
  if (event.document) {
    const [host, port] = process.env.AWS_XRAY_DAEMON_ADDRESS.split(":");
    const [, root, parent] = /Root=([^;]+);Parent=([^;]+)/.exec(header);
    const now = Date.now() / 1000;
    const document = { name: "own work", id: "0123456789abcdef", trace_id: root, parent_id: parent, type: "subsegment", start_time: now, end_time: now, ...event.document };
    const socket = createSocket("udp4");
    for (const text of ["nonsense", '{"format":"json","version":1}\\n' + JSON.stringify(document)])
      await new Promise((resolve) => socket.send(text, Number(port), host, resolve));
    socket.close();
  }
  if (event.fail) throw new TypeError("it broke");
  if (event.failOnce && runs++ === 0) throw new Error("once");
  return { header, missing: process.env.AWS_XRAY_CONTEXT_MISSING };
};`;

interface Document {
  id: string;
  name: string;
  parent_id?: string;
  origin?: string;
  start_time: number;
  end_time: number;
  fault?: boolean;
  throttle?: boolean;
  http?: { response: { status: number } };
  aws?: Record<string, unknown>;
  cause?: { exceptions: Array<{ type: string; message: string; stack?: Array<{ path: string }> }> };
  subsegments?: Document[];
}

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  kind: number;
  status: { code: number };
}

const traceId = (number: number): string => `1-${Math.floor(Date.now() / 1_000).toString(16)}-${number.toString(16).padStart(24, "0")}`;

describe("X-Ray", () => {
  let product: Product;
  let xray: XRay;
  let receiver: Server;
  const spans: Span[] = [];
  before(async () => {
    receiver = createServer((request, reply) => {
      void json(request).then((body) => {
        const { resourceSpans } = body as { resourceSpans: Array<{ scopeSpans: Array<{ spans: Span[] }> }> };
        spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
        reply.writeHead(200, { "content-type": "application/json" }).end("{}");
      });
    }).listen(0, "127.0.0.1");
    await once(receiver, "listening");
    product = await startProduct({}, "--otlp-endpoint", `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`);
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    xray = new XRay({ endpoint: product.endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
    await Promise.all([
      createFunction(product.lambda, "traced", source, { TracingConfig: { Mode: "Active" } }),
      createFunction(product.lambda, "untraced", source),
    ]);
  });
  after(async () => {
    xray.destroy();
    await product[Symbol.asyncDispose]();
    receiver.closeAllConnections();
    receiver.close();
  });

  /** Invokes with a header of the caller's own. */
  async function invoke(FunctionName: string, event: object, header?: string) {
    const lambda = product.lambda;
    const command = { FunctionName, Payload: JSON.stringify(event), LogType: "Tail" as const };
    if (header === undefined) return lambda.invoke(command);
    const withHeader = (next: (args: { request: unknown }) => Promise<unknown>) => (args: { request: unknown }) => {
      (args.request as { headers: Record<string, string> }).headers["x-amzn-trace-id"] = header;
      return next(args);
    };
    lambda.middlewareStack.add(withHeader as never, { step: "build", name: "trace", override: true });
    try {
      return await lambda.invoke(command);
    } finally {
      lambda.middlewareStack.remove("trace");
    }
  }

  /** The documents of a trace by name and origin, once there are so many. */
  async function segmentsOf(id: string, count: number): Promise<Document[]> {
    const traces = await eventually(
      async () => (await xray.batchGetTraces({ TraceIds: [id] })).Traces ?? [],
      ([trace]) => (trace?.Segments?.length ?? 0) >= count,
    );
    return traces[0]!.Segments!.map(({ Document: text }) => JSON.parse(text!) as Document);
  }

  test("segments go in and come out as traces, summaries and graphs", async () => {
    const id = traceId(1);
    const now = Date.now() / 1_000;
    const whole = { name: "shop", id: "00000000000000a1", trace_id: id, start_time: now - 2, end_time: now - 1, annotations: { cart: 7 } };
    const put = await xray.putTraceSegments({ TraceSegmentDocuments: [JSON.stringify(whole), JSON.stringify({ name: "bad" })] });
    assert.deepEqual(
      put.UnprocessedTraceSegments!.map(({ ErrorCode }) => ErrorCode),
      ["MissingId"],
    );
    const period = { StartTime: new Date((now - 60) * 1_000), EndTime: new Date((now + 60) * 1_000) };
    const found = await xray.getTraceSummaries({ ...period, FilterExpression: 'annotation.cart = 7 AND service("shop")' });
    assert.deepEqual(
      found.TraceSummaries!.map(({ Id, Duration }) => [Id, Duration]),
      [[id, 1]],
    );
    assert.deepEqual((await segmentsOf(id, 1))[0], whole);
    const { Services } = await xray.getServiceGraph(period);
    assert.ok(Services!.some(({ Name, Type }) => Name === "shop" && Type === "client"));
    await assert.rejects(xray.getTraceSummaries({ ...period, FilterExpression: "error =" }), { name: "InvalidRequestException" });
    await assert.rejects(xray.getInsight({ InsightId: "0".repeat(36) }), { name: "NotImplemented" });
  });

  test("an invocation that is sampled has segments of Lambda, of the function, and what the function sends to its daemon", async () => {
    const id = traceId(2);
    const header = `Root=${id};Parent=53995c3f42cd8ad8;Sampled=1`;
    const answer = await invoke("traced", { document: {} }, header);
    const seen = payloadOf(answer) as { header: string; missing: string };
    assert.equal(seen.missing, "LOG_ERROR");
    const [lambda, own] = await eventually(
      () => segmentsOf(id, 2),
      (segments) => JSON.stringify(segments).includes("own work"),
    );
    assert.deepEqual([lambda!.origin, lambda!.name, lambda!.parent_id], ["AWS::Lambda", "traced", "53995c3f42cd8ad8"]);
    assert.deepEqual([lambda!.http, lambda!.fault], [{ response: { status: 200 } }, undefined]);
    assert.equal(lambda!.aws!["request_id"], answer.$metadata.requestId);
    assert.deepEqual([own!.origin, own!.parent_id], ["AWS::Lambda::Function", lambda!.id]);
    assert.equal(own!.aws!["function_arn"], `arn:aws:lambda:us-east-1:${accountId}:function:traced`);
    assert.deepEqual(
      own!.subsegments!.map(({ name }) => name),
      ["Initialization", "Invocation", "Overhead"],
    );
    const [initialisation, invocation, overhead] = own!.subsegments as [Document, Document, Document];
    assert.ok(initialisation.end_time <= invocation.start_time + 0.001 && initialisation.end_time > initialisation.start_time);
    assert.ok(invocation.end_time === overhead.start_time && overhead.end_time === own!.end_time);
    assert.equal(seen.header.replace(/;Lineage=.*/, ""), `Root=${id};Parent=${invocation.id};Sampled=1`);
    assert.deepEqual(
      invocation.subsegments!.map(({ name }) => name),
      ["own work"],
    );
    assert.match(tailOf(answer), new RegExp(`\\nXRAY TraceId: ${id}\tSegmentId: ${own!.id}\tSampled: true\t\n$`));
    const again = await invoke("traced", {}, `Root=${traceId(3)};Sampled=1`);
    const warm = await segmentsOf(rootOf(again), 2);
    assert.deepEqual(
      warm[1]!.subsegments!.map(({ name }) => name),
      ["Invocation", "Overhead"],
    );
    assert.equal(warm[0]!.parent_id, undefined);
  });

  const rootOf = (answer: Awaited<ReturnType<typeof invoke>>): string =>
    /Root=([^;]+)/.exec((payloadOf(answer) as { header: string }).header)![1]!;

  test("an error of the function is a fault, with its cause", async () => {
    const id = traceId(4);
    await invoke("traced", { fail: true }, `Root=${id};Sampled=1`);
    const [lambda, own] = await segmentsOf(id, 2);
    assert.deepEqual([lambda!.fault, own!.fault, own!.subsegments!.find(({ name }) => name === "Invocation")!.fault], [true, true, true]);
    const [exception] = own!.cause!.exceptions;
    assert.deepEqual([exception!.type, exception!.message], ["TypeError", "it broke"]);
    assert.match(exception!.stack![0]!.path, /\/index\.js$/);
    const period = { StartTime: new Date(Date.now() - 60_000), EndTime: new Date(Date.now() + 60_000) };
    const { TraceSummaries } = await xray.getTraceSummaries({ ...period, FilterExpression: 'fault AND message = "it broke"' });
    assert.deepEqual(
      TraceSummaries!.map(({ Id }) => Id),
      [id],
    );
  });

  test("a throttle is a segment of Lambda alone", async () => {
    const id = traceId(5);
    await createFunction(product.lambda, "throttled", source, { TracingConfig: { Mode: "Active" } });
    await product.lambda.putFunctionConcurrency({ FunctionName: "throttled", ReservedConcurrentExecutions: 0 });
    await assert.rejects(invoke("throttled", {}, `Root=${id};Sampled=1`), { name: "TooManyRequestsException" });
    const segments = await segmentsOf(id, 1);
    assert.deepEqual(
      segments.map(({ origin, throttle, http }) => [origin, throttle, http?.response.status]),
      [["AWS::Lambda", true, 429]],
    );
  });

  test("what the caller did not sample is not followed, nor is what PassThrough functions do", async () => {
    const ids = [traceId(6), traceId(7)] as const;
    const unsampled = payloadOf(await invoke("traced", {}, `Root=${ids[0]};Parent=53995c3f42cd8ad8;Sampled=0`)) as { header: string };
    assert.match(unsampled.header, /;Parent=53995c3f42cd8ad8;Sampled=0;/);
    const passed = payloadOf(await invoke("untraced", { document: {} }, `Root=${ids[1]};Parent=53995c3f42cd8ad8;Sampled=1`)) as {
      header: string;
    };
    assert.match(passed.header, /;Parent=53995c3f42cd8ad8;Sampled=1;/);
    const fresh = payloadOf(await invoke("untraced", {})) as { header: string };
    assert.match(fresh.header, /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=/);
    // What the function itself sends is kept all the same, and nothing else.
    assert.deepEqual(
      (await segmentsOf(ids[1], 1)).map(({ name }) => name),
      ["own work"],
    );
    assert.deepEqual((await xray.batchGetTraces({ TraceIds: [ids[0]] })).Traces, []);
  });

  test("an event is one segment of Lambda with its wait and its attempts", async () => {
    await createFunction(product.lambda, "event", "exports.handler = async () => process.env._X_AMZN_TRACE_ID;", {
      TracingConfig: { Mode: "Active" },
    });
    const since = new Date(Date.now() - 1_000);
    await product.lambda.invoke({ FunctionName: "event", InvocationType: "Event" });
    const period = { StartTime: since, EndTime: new Date(Date.now() + 60_000) };
    const [summary] = await eventually(
      async () =>
        (await xray.getTraceSummaries({ ...period, FilterExpression: 'service(id(name: "event", type: "AWS::Lambda::Function"))' }))
          .TraceSummaries!,
      (summaries) => summaries.length > 0,
    );
    const [lambda, own] = await segmentsOf(summary!.Id!, 2);
    assert.deepEqual(lambda!.http, { response: { status: 202 } });
    assert.deepEqual(
      lambda!.subsegments!.map(({ name }) => name),
      ["Dwell Time", "Attempt #1"],
    );
    assert.equal(own!.parent_id, lambda!.id);
  });

  test("segments go on as spans", async () => {
    const id = traceId(8);
    await invoke("traced", { fail: true }, `Root=${id};Sampled=1`);
    const ofTrace = () => spans.filter(({ traceId: each }) => each === id.replaceAll("-", "").slice(1));
    const names = ["Invocation", "Overhead", "traced", "traced"];
    const found = await eventually(
      async () => ofTrace(),
      (some) => some.length >= names.length,
    );
    assert.deepEqual(found.map(({ name }) => name).sort(), names);
    const [lambda] = await segmentsOf(id, 2);
    const own = found.find(({ parentSpanId }) => parentSpanId === lambda!.id)!;
    assert.deepEqual([own.kind, own.status.code], [2, 2]);
    assert.ok(found.some(({ name, parentSpanId }) => name === "Invocation" && parentSpanId === own.spanId));
  });
});
