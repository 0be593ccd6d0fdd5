import assert from "node:assert/strict";
import { test } from "node:test";
import { asSignal } from "./exit-status.ts";

test("a status above 128 is the signal that it stands for", () => {
  assert.deepEqual(asSignal({ code: 137, signal: null }), { code: null, signal: "SIGKILL" });
  assert.deepEqual(asSignal({ code: 134, signal: null }), { code: null, signal: "SIGABRT" });
  for (const code of [0, 1, 128, 255]) assert.deepEqual(asSignal({ code, signal: null }), { code, signal: null });
  assert.deepEqual(asSignal({ code: null, signal: "SIGKILL" }), { code: null, signal: "SIGKILL" });
});
