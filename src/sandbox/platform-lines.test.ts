import assert from "node:assert/strict";
import { test } from "node:test";
import { runtimeExited, runtimeReported, timedOut } from "./failures.ts";
import { specOf } from "./fixtures/specs.ts";
import { platformLines } from "./platform-lines.ts";
import type { InvocationReport } from "./platform-records.ts";

const nowMs = Date.UTC(2026, 0, 15, 12);
const megabyte = 1024 * 1024;

function reportOf(changes: Partial<InvocationReport> = {}): InvocationReport {
  return {
    requestId: "r1",
    durationMs: 1.234,
    initMs: undefined,
    peakMemoryBytes: 39.2 * megabyte,
    producedBytes: 7,
    failure: undefined,
    ...changes,
  };
}

const text = platformLines(specOf({ runtime: "nodejs22.x", functionVersion: "3" }));

test("text lines have AWS's layout, tab by tab", () => {
  assert.match(
    text.initStart(nowMs)[0] ?? "",
    /^INIT_START Runtime Version: nodejs:22\.v1\tRuntime Version ARN: arn:aws:lambda:eu-central-1::runtime:[0-9a-f]{64}$/,
  );
  assert.deepEqual(text.start(nowMs, "r1"), ["START RequestId: r1 Version: 3"]);
  assert.deepEqual(text.end(nowMs, reportOf()), [
    "END RequestId: r1",
    "REPORT RequestId: r1\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t",
  ]);
});

test("the first invocation reports initialisation and is billed for it", () => {
  assert.equal(
    text.end(nowMs, reportOf({ initMs: 12.34 }))[1],
    "REPORT RequestId: r1\tDuration: 1.23 ms\tBilled Duration: 14 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\tInit Duration: 12.34 ms\t",
  );
});

test("with provisioned concurrency initialisation is reported on its own, and shown with the first invocation but not billed", () => {
  const provisioned = platformLines(specOf(), "provisioned-concurrency");
  assert.deepEqual(provisioned.initDone(nowMs, 12.345), ["INIT_REPORT Init Duration: 12.35 ms"]);
  assert.match(provisioned.end(nowMs, reportOf({ initMs: 12.34 }))[1] ?? "", /Billed Duration: 2 ms\t.*\tInit Duration: 12\.34 ms\t$/);
  assert.deepEqual(text.initDone(nowMs, 12.345), []);
  const json = platformLines(specOf({ logging: { format: "JSON", group: "g" } }), "provisioned-concurrency");
  assert.deepEqual(JSON.parse(json.initDone(nowMs, 12.345)[0] ?? "").record, {
    initializationType: "provisioned-concurrency",
    phase: "init",
    status: "success",
    metrics: { durationMs: 12.345 },
  });
});

test("the report of a sampled invocation names its segment", () => {
  const trace = { traceId: "1-5759e988-bd862e3fe1be46a994272793", segmentId: "53995c3f42cd8ad8" };
  assert.match(
    text.end(nowMs, reportOf({ trace }))[1] ?? "",
    /Max Memory Used: 40 MB\t\nXRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793\tSegmentId: 53995c3f42cd8ad8\tSampled: true\t$/,
  );
});

test("a timeout has a line of its own", () => {
  const lines = text.end(nowMs, reportOf({ durationMs: 3_000, failure: timedOut(3_000) }));
  assert.equal(lines[0], "2026-01-15T12:00:00.000Z r1 Task timed out after 3.00 seconds");
  assert.match(lines[2] ?? "", /\tDuration: 3000\.00 ms\tBilled Duration: 3000 ms\t.*\tStatus: timeout$/);
});

test("an exit names its type; an error that the runtime reported is not repeated", () => {
  const lines = text.end(nowMs, reportOf({ failure: runtimeExited({ code: 1, signal: null }) }));
  assert.equal(lines[0], "RequestId: r1 Error: Runtime exited with error: exit status 1\nRuntime.ExitError");
  assert.match(lines[2] ?? "", /\tStatus: error\tError Type: Runtime\.ExitError$/);
  assert.equal(text.end(nowMs, reportOf({ failure: runtimeReported(Buffer.from('{"errorType":"E"}')) })).length, 2);
});

test("a failed initialisation is reported with its phase", () => {
  assert.deepEqual(text.initFailed(nowMs, "init", 10_000, timedOut(10_000)), [
    "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout",
  ]);
});

test("what is not JSON has an unknown error type", () => {
  for (const payload of ["", "[]", "null", '{"errorType":1}'])
    assert.equal(runtimeReported(Buffer.from(payload)).errorType, "Runtime.Unknown");
});

function jsonTypes(systemLevel: string): string[] {
  const lines = platformLines(specOf({ logging: { format: "JSON", group: "g", systemLevel } }));
  const failure = timedOut(1_000);
  const all = [
    ...lines.initStart(nowMs),
    ...lines.initFailed(nowMs, "init", 1, failure),
    ...lines.start(nowMs, "r1"),
    ...lines.end(nowMs, reportOf()),
    ...lines.end(nowMs, reportOf({ failure })),
  ];
  return all.map((line) => JSON.parse(line)).map(({ type, record }) => `${type} ${record.status ?? ""}`.trim());
}

test("JSON lines pass by the system level", () => {
  const [failed, done] = ["platform.initReport timeout", "platform.runtimeDone timeout"];
  assert.deepEqual(jsonTypes("WARN"), [failed, done, "platform.report timeout"]);
  assert.deepEqual(jsonTypes("INFO"), [
    "platform.initStart",
    failed,
    "platform.start",
    "platform.report success",
    done,
    "platform.report timeout",
  ]);
  assert.equal(jsonTypes("DEBUG").length, 7);
});

test("a JSON report has AWS's members", () => {
  const [line] = platformLines(specOf({ logging: { format: "JSON", group: "g" } })).end(nowMs, reportOf({ initMs: 10 }));
  assert.deepEqual(JSON.parse(line ?? ""), {
    time: "2026-01-15T12:00:00.000Z",
    type: "platform.report",
    record: {
      requestId: "r1",
      metrics: { durationMs: 1.234, billedDurationMs: 12, memorySizeMB: 128, maxMemoryUsedMB: 40, initDurationMs: 10 },
      status: "success",
    },
  });
});
