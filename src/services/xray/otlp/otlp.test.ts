import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { StandingSegment } from "../segment.ts";
import { accountId, idOf, segmentOf, startSeconds, traceIdOf } from "../trial.ts";
import { SpanExport } from "./span-export.ts";
import { spansOf } from "./spans.ts";

const origin = { accountId, region: "eu-central-1" };
const standing = (members: object = {}): StandingSegment => segmentOf(1, 1, members) as StandingSegment;

test("a segment and each of its subsegments is a span", () => {
  const call = {
    id: idOf(2),
    name: "DynamoDB",
    namespace: "aws",
    start_time: startSeconds,
    end_time: startSeconds + 0.25,
    aws: { operation: "GetItem" },
  };
  const own = { id: idOf(3), name: "work", start_time: startSeconds, in_progress: true };
  const http = { request: { method: "GET", url: "http://a/" }, response: { status: 502 } };
  const cause = { exceptions: [{ type: "Error", message: "no", stack: [{ path: "a.js", line: 3, label: "run" }] }] };
  const segment = standing({
    parent_id: idOf(9),
    http,
    fault: true,
    cause,
    annotations: { cart: 7 },
    metadata: { a: { b: 1 } },
    subsegments: [call, own],
  });
  const [server, client, ...others] = spansOf(segment, origin, resourceFromAttributes);
  assert.deepEqual(others, []);
  assert.deepEqual(server!.spanContext(), { traceId: traceIdOf(1).replaceAll("-", "").slice(1), spanId: idOf(1), traceFlags: 1 });
  assert.equal(server!.parentSpanContext!.spanId, idOf(9));
  assert.deepEqual([server!.kind, server!.status], [1, { code: 2, message: "no" }]);
  assert.deepEqual(
    [server!.startTime, server!.duration],
    [
      [startSeconds, 0],
      [1, 0],
    ],
  );
  assert.deepEqual(server!.attributes, {
    "http.request.method": "GET",
    "url.full": "http://a/",
    "http.response.status_code": 502,
    cart: 7,
    "aws.xray.metadata.a": '{"b":1}',
  });
  assert.deepEqual(server!.events[0]!.attributes, {
    "exception.type": "Error",
    "exception.message": "no",
    "exception.stacktrace": "run (a.js:3)",
  });
  assert.equal(server!.resource.attributes["service.name"], "service");
  assert.deepEqual([client!.kind, client!.parentSpanContext!.spanId, client!.attributes["rpc.method"]], [2, idOf(1), "GetItem"]);
  assert.deepEqual(client!.duration, [0, 250_000_000]);
});

test("a receiver that is away costs spans, which are counted, and nothing else", async () => {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as AddressInfo;
  free.close();
  await once(free, "close");
  const spans = new SpanExport(`http://127.0.0.1:${port}/`, { clock: new ManualClock(), log: silentLog });
  const running = spans.start();
  spans.offer(
    origin,
    Array.from({ length: 5_000 }, () => standing()),
  );
  assert.equal(spans.droppedCount, 5_000 - 4_096);
  await running[Symbol.asyncDispose]();
  assert.equal(spans.droppedCount, 5_000);
});
