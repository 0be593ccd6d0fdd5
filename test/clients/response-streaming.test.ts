/** Streamed answers, as the SDK's client reads them. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, describe, test } from "node:test";
import type { InvokeWithResponseStreamCommandInput, InvokeWithResponseStreamResponseEvent } from "@aws-sdk/client-lambda";
import { createFunction, eventually, payloadOf } from "#test/functions.ts";
import { type Product, startProduct } from "#test/product.ts";
import { sign } from "#test/raw-requests.ts";

const streaming = `
const { setTimeout: sleep } = require("node:timers/promises");
const { existsSync, writeFileSync } = require("node:fs");
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  if (event.metadata) stream = awslambda.HttpResponseStream.from(stream, event.metadata);
  if (event.failAtOnce) throw new TypeError("not today");
  stream.write("first ");
  for (let left = event.megabytes ?? 0; left > 0; left--) stream.write(Buffer.alloc(1024 * 1024, "x"));
  if (event.waits) await sleep(event.waits);
  if (event.exits) process.exit(3);
  if (event.breaks) throw new TypeError("broken");
  console.log("near the end");
  stream.end("last");
});`;

describe("InvokeWithResponseStream", () => {
  let product: Product;
  before(async () => {
    product = await startProduct();
    await createFunction(product.lambda, "streaming", streaming, { MemorySize: 512 });
    for (const name of ["left", "endless"]) await createFunction(product.lambda, name, streaming, { MemorySize: 512 });
    await createFunction(product.lambda, "held", streaming, { Timeout: 1 });
    await createFunction(product.lambda, "short", streaming, { Timeout: 1 });
    await createFunction(
      product.lambda,
      "whole",
      "exports.handler = async (event) => { if (event.fails) throw new Error('no'); return { event }; };",
    );
  });
  after(() => product[Symbol.asyncDispose]());

  async function read(FunctionName: string, event: object, more: Partial<InvokeWithResponseStreamCommandInput> = {}) {
    const answer = await product.lambda.invokeWithResponseStream({ FunctionName, Payload: Buffer.from(JSON.stringify(event)), ...more });
    const chunks: Buffer[] = [];
    let complete;
    for await (const { PayloadChunk, InvokeComplete } of answer.EventStream!) {
      assert.equal(complete, undefined, "nothing comes after InvokeComplete");
      if (PayloadChunk) chunks.push(Buffer.from(PayloadChunk.Payload!));
      complete = InvokeComplete;
    }
    const { StatusCode, ExecutedVersion, ResponseStreamContentType } = answer;
    return { StatusCode, ExecutedVersion, ResponseStreamContentType, payload: Buffer.concat(chunks), complete };
  }

  test("hands out what a function streams, and says when it is complete", async () => {
    const { payload, ...answer } = await read("streaming", {});
    assert.equal(payload.toString(), "first last");
    assert.deepEqual(answer, {
      StatusCode: 200,
      ExecutedVersion: "$LATEST",
      ResponseStreamContentType: "application/vnd.amazon.eventstream",
      complete: {},
    });
  });

  test("the first bytes are there while the function runs on", async () => {
    const answer = await product.lambda.invokeWithResponseStream({ FunctionName: "endless", Payload: Buffer.from('{"waits":600000}') });
    const events = answer.EventStream![Symbol.asyncIterator]();
    const { value } = (await events.next()) as IteratorYieldResult<InvokeWithResponseStreamResponseEvent>;
    assert.equal(Buffer.from(value.PayloadChunk!.Payload!).toString(), "first ");
    // It ends by its timeout of ten seconds, unless the reader is content with what it has.
    await events.return?.();
  });

  test("the metadata of an HTTP answer comes before the body, divided by eight NUL bytes", async () => {
    const { payload } = await read("streaming", { metadata: { statusCode: 201 } });
    assert.equal(payload.toString(), `{"statusCode":201}${"\0".repeat(8)}first last`);
  });

  test("an answer in one piece is one chunk", async () => {
    const { payload, complete } = await read("whole", { a: 1 });
    assert.deepEqual(JSON.parse(payload.toString()), { event: { a: 1 } });
    assert.deepEqual(complete, {});
  });

  test("the log comes with the end, if asked for", async () => {
    const { complete } = await read("streaming", {}, { LogType: "Tail" });
    assert.match(Buffer.from(complete!.LogResult!, "base64").toString(), /START RequestId[^]*near the end[^]*REPORT RequestId/);
  });

  test("an error says so at the end, before and after the first byte", async () => {
    for (const [name, event, begun, type] of [
      ["streaming", { failAtOnce: true }, "", "TypeError"],
      ["streaming", { breaks: true }, "first ", "TypeError"],
      ["streaming", { exits: true }, "first ", "Runtime.ExitError"],
      ["short", { waits: 5_000 }, "first ", "Sandbox.Timedout"],
      ["whole", { fails: true }, "", "Error"],
    ] as const) {
      const { payload, complete } = await read(name, event);
      assert.equal(payload.toString(), begun);
      assert.equal(complete?.ErrorCode, "Unhandled");
      assert.equal(JSON.parse(complete.ErrorDetails!).errorType, type);
    }
  });

  test("a dry run asks, and runs nothing", async () => {
    const answer = await product.lambda.invokeWithResponseStream({ FunctionName: "streaming", InvocationType: "DryRun" });
    assert.equal(answer.StatusCode, 204);
    assert.equal(answer.ExecutedVersion, "$LATEST");
  });

  test("what is refused before there is an answer is an error like any other", async () => {
    await assert.rejects(read("nobody", {}), { name: "ResourceNotFoundException" });
    await assert.rejects(product.lambda.invokeWithResponseStream({ FunctionName: "whole", Payload: Buffer.from("{") }), {
      name: "InvalidRequestContentException",
    });
  });

  test("Invoke gathers what is streamed, up to 6 MB", async () => {
    const answer = await product.lambda.invoke({ FunctionName: "streaming", Payload: Buffer.from("{}") });
    assert.equal(Buffer.from(answer.Payload!).toString(), "first last");
    const tooLarge = await product.lambda.invoke({ FunctionName: "streaming", Payload: Buffer.from('{"megabytes":7}') });
    assert.equal((payloadOf(tooLarge) as { errorType: string }).errorType, "Function.ResponseSizeTooLarge");
  });

  test("20 MB pass whole", async () => {
    const { payload, complete } = await read("streaming", { megabytes: 20 });
    assert.equal(payload.length, 20 * 1024 * 1024 + "first last".length);
    assert.deepEqual(complete, {});
  });

  test("a reader that is slow holds up the function, and little waits for it here", async () => {
    const buffersBefore = process.memoryUsage().arrayBuffers;
    const { response, destroy } = await rawStream("held", { megabytes: 64 });
    response.pause();
    // The function cannot write 64 MB to nobody; its time runs out, which shows in its log.
    const timeouts = { logGroupName: "/aws/lambda/held", filterPattern: '"Status: timeout"' };
    await eventually(
      async () => (await product.logs.filterLogEvents(timeouts).catch(() => undefined))?.events ?? [],
      (events) => events.length > 0,
    );
    assert.ok(process.memoryUsage().arrayBuffers - buffersBefore < 32 * 1024 * 1024);
    destroy();
  });

  test("a reader that goes away does not stop the function", async () => {
    const { destroy } = await rawStream("left", { megabytes: 30, waits: 100 });
    destroy();
    const logged = async (): Promise<string[]> =>
      ((await product.logs.filterLogEvents({ logGroupName: "/aws/lambda/left" }).catch(() => undefined))?.events ?? []).map(
        ({ message }) => message!,
      );
    const lines = await eventually(logged, (seen) => seen.some((line) => line.startsWith("REPORT")), 20);
    assert.ok(lines.some((line) => line.includes("near the end")));
    assert.ok(!lines.some((line) => line.includes("Status: ")));
  });

  /** On a connection of its own, of which the SDK reads nothing ahead. */
  async function rawStream(name: string, event: object) {
    const path = `/2021-11-15/functions/${name}/response-streaming-invocations`;
    const { target, headers, method, body } = await sign(product.endpoint, { method: "POST", path, body: JSON.stringify(event) });
    return new Promise<{ response: import("node:http").IncomingMessage; destroy: () => void }>((resolve, reject) => {
      const { hostname, port } = new URL(product.endpoint);
      const outgoing = request({ hostname, port, path: target, method, headers, agent: false }, (response) => {
        response.on("error", () => {});
        resolve({ response, destroy: () => outgoing.destroy() });
      });
      outgoing.on("error", reject).end(body);
    });
  }
});
