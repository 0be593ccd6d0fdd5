import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidSubscription, parseSubscription } from "./subscription.ts";

const good = {
  schemaVersion: "2022-12-13",
  types: ["platform", "function"],
  destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:8080/path?x=1" },
};

const complaintOf = (changes: object, api: "telemetry" | "logs" = "telemetry"): string => {
  try {
    parseSubscription(api, JSON.stringify({ ...good, ...changes }));
    return "";
  } catch (error) {
    assert.ok(error instanceof InvalidSubscription);
    return error.message;
  }
};

test("what is not said has AWS's default", () => {
  assert.deepEqual(parseSubscription("telemetry", JSON.stringify(good)), {
    api: "telemetry",
    schemaVersion: "2022-12-13",
    types: ["platform", "function"],
    buffering: { maxItems: 10_000, maxBytes: 262_144, timeoutMs: 1_000 },
    destination: { protocol: "HTTP", method: "POST", port: 8080, path: "/path?x=1" },
  });
  const logs = parseSubscription("logs", JSON.stringify({ types: ["extension"], destination: { protocol: "TCP", port: 9 } }));
  assert.equal(logs.schemaVersion, "2020-08-15");
  assert.deepEqual(logs.destination, { protocol: "TCP", port: 9 });
});

test("everything that is wrong is said at once", () => {
  assert.equal(
    complaintOf({ types: [], destination: { protocol: "HTTP", URI: "http://sandbox.localdomain" } }),
    "URI port is not provided; types should not be empty",
  );
  assert.equal(
    complaintOf({ buffering: { maxItems: 999, maxBytes: 1_048_577, timeoutMs: 24 } }),
    "maxItems should be between 1000 and 10000; maxBytes should be between 262144 and 1048576; timeoutMs should be between 25 and 30000",
  );
});

test("each part is checked", () => {
  const cases: Array<[changes: object, complaint: string]> = [
    [{ schemaVersion: undefined }, "schemaVersion is required"],
    [{ schemaVersion: "2020-08-15" }, 'schemaVersion "2020-08-15" is not supported'],
    [{ types: ["system"] }, 'type "system" is not supported'],
    [{ destination: undefined }, "destination is not provided"],
    [{ destination: { protocol: "UDP" } }, 'protocol "UDP" is not supported'],
    [{ destination: { protocol: "TCP" } }, "port is not provided"],
    [{ destination: { protocol: "TCP", port: 70_000 } }, "port is not valid"],
    [{ destination: { protocol: "HTTP", URI: "http://sandbox:9001" } }, "URI port 9001 is reserved"],
    [{ destination: { protocol: "HTTP", URI: "http://example.com:80" } }, "URI host should be sandbox.localdomain"],
    [{ destination: { protocol: "HTTP", URI: "https://sandbox.localdomain:80" } }, "URI is not valid"],
  ];
  for (const [changes, complaint] of cases) assert.equal(complaintOf(changes), complaint);
  for (const body of ["", "[]", "{"]) assert.throws(() => parseSubscription("logs", body), InvalidSubscription);
});
