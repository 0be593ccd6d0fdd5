import assert from "node:assert/strict";
import { test } from "node:test";
import { assembleTrace } from "../trace.ts";
import { idOf, segmentOf, startSeconds, traceIdOf } from "../trial.ts";
import { parseFilter } from "./filter-expression.ts";
import { traceSubject } from "./subject.ts";

const http = { request: { method: "POST", url: "http://shop.example/order" }, response: { status: 404 } };
const exceptions = [{ id: idOf(9), message: "no such table", type: "Error" }];
const trace = assembleTrace(
  traceIdOf(1),
  [
    segmentOf(1, 1, {
      name: "shop",
      http,
      error: true,
      user: "ada",
      annotations: { game: "chess", "a key": 2 },
      origin: "AWS::EC2::Instance",
    }),
    segmentOf(1, 2, {
      name: "stock",
      parent_id: idOf(1),
      fault: true,
      cause: { exceptions },
      end_time: startSeconds + 3,
      resource_arn: "arn:x",
    }),
  ].map((segment) => JSON.stringify(segment)),
);
const matches = (expression: string): boolean => parseFilter(expression)(traceSubject(trace));

test("what an expression says of a trace is so or is not", () => {
  const right = [
    "error",
    "error = true",
    "!ok AND !fault",
    "ok = false",
    "http.status = 404 AND responsetime = 1",
    "duration > 2.5 AND duration <= 3",
    'http.url CONTAINS "shop" AND http.url beginswith "http:" AND http.method = "POST"',
    'http.url ENDSWITH "/order"',
    'annotation.game = "chess"',
    'annotation[game] != "go"',
    'annotation["a key"] >= 2',
    "annotation.game",
    'user = "ada" OR user = "bob"',
    'service("stock") { fault }',
    'service("stock") { fault AND responsetime > 2 } AND NOT service("shop") { fault }',
    'service(id(name: "shop", type: "AWS::EC2::Instance"))',
    "service() { fault }",
    'message CONTAINS "table"',
    'resource.arn = "arn:x"',
    "(fault OR error) AND (duration > 100 OR http.status != 200)",
    "root AND first",
    'edge("shop", "stock")',
    'edge(id(name: "shop"), "stock") { fault }',
  ];
  const wrong = [
    "ok",
    "fault",
    "throttle",
    "partial",
    'annotation.game = "go"',
    "annotation.level",
    'edge("stock", "shop")',
    'edge("shop", "stock") { ok }',
    'service("other")',
    'service("shop") { fault }',
  ];
  assert.deepEqual(
    right.filter((expression) => !matches(expression)),
    [],
  );
  assert.deepEqual(
    [...wrong, "duration > 3", 'http.url = "shop"', 'user BEGINSWITH "b"'].filter((expression) => matches(expression)),
    [],
  );
});

test("what is no expression, or not served, is refused", () => {
  const bad = [
    ...[
      "=",
      "error =",
      "error AND",
      "(error",
      "error)",
      'http.status = "404"',
      "responsetime > ",
      "nothing = 1",
      'edge("a")',
      'group.name = "x"',
    ],
    ...['service("a"', "annotation[", "error %", "!".repeat(1_000), `${"(".repeat(1_000)}error${")".repeat(1_000)}`, 'user > "'],
  ];
  for (const expression of bad) assert.throws(() => parseFilter(expression), { code: "InvalidRequestException" }, expression);
});
