import assert from "node:assert/strict";
import { test } from "node:test";
import type { Subscription } from "./subscription.ts";
import { render, type TelemetryEvent } from "./telemetry-event.ts";

const all: Pick<Subscription, "types" | "buffering" | "destination"> = {
  types: ["platform", "function", "extension"],
  buffering: { maxItems: 1, maxBytes: 1, timeoutMs: 1 },
  destination: { protocol: "TCP", port: 1 },
};
const telemetry = (schemaVersion: string): Subscription => ({ ...all, api: "telemetry", schemaVersion });
const logs = (schemaVersion: string): Subscription => ({ ...all, api: "logs", schemaVersion });
const platform = (name: string, record: TelemetryEvent["record"] = {}): TelemetryEvent => ({
  timestampMs: 0,
  type: "platform",
  name,
  record,
});
const recordIn = (text: string | undefined): unknown => (JSON.parse(text ?? "{}") as { record: unknown }).record;

test("lines in JSON are objects since 2022-12-13, of functions that log in JSON", () => {
  const line: TelemetryEvent = { timestampMs: 0, type: "function", record: '{"level":"INFO"}' };
  assert.deepEqual(recordIn(render(line, telemetry("2022-12-13"), true)), { level: "INFO" });
  assert.equal(recordIn(render(line, telemetry("2022-07-01"), true)), '{"level":"INFO"}');
  assert.equal(recordIn(render(line, telemetry("2025-01-29"), false)), '{"level":"INFO"}');
  assert.equal(recordIn(render({ ...line, record: "{broken" }, telemetry("2025-01-29"), true)), "{broken");
});

test("the Logs API has events of its own, and lacks others", () => {
  const names = ["initStart", "start", "end", "fault", "runtimeDone", "report", "extension", "logsSubscription", "telemetrySubscription"];
  const seenBy = (subscription: Subscription): string[] =>
    names.filter((name) => render(platform(name), subscription, false) !== undefined);
  assert.deepEqual(seenBy(telemetry("2022-07-01")), ["initStart", "start", "runtimeDone", "report", "extension", "telemetrySubscription"]);
  assert.deepEqual(seenBy(logs("2020-08-15")), ["start", "end", "fault", "report", "extension", "logsSubscription"]);
  assert.ok(seenBy(logs("2021-03-18")).includes("runtimeDone"));
});

test("the Logs API's records know less, and its lines have their end", () => {
  const done = platform("runtimeDone", { requestId: "r", status: "error", spans: [], metrics: {} });
  assert.deepEqual(recordIn(render(done, logs("2021-03-18"), false)), { requestId: "r", status: "failure" });
  assert.equal(recordIn(render({ timestampMs: 0, type: "extension", record: "text" }, logs("2020-08-15"), true)), "text\n");
});
