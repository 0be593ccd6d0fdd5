import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "#kit/log.ts";
import { Debugging } from "./debugging.ts";
import { specOf } from "./fixtures/specs.ts";

const all = ["node", "python", "java", "custom"].map((functionName): [string, undefined] => [functionName, undefined]);
const commandOf = (functionName: string, runtime: string, args: string[], port?: number): readonly string[] | undefined => {
  const debugging = new Debugging(new Map(port === undefined ? all : [[functionName, port]]), silentLog);
  return debugging.claim(specOf({ functionName, runtime }))?.command({ path: "/program", args }).args;
};

test("each runtime has its debugger, at the port that people expect", () => {
  assert.deepEqual(commandOf("node", "nodejs24.x", ["bootstrap.mjs"]), ["--inspect-wait=127.0.0.1:9229", "bootstrap.mjs"]);
  const debugpy = ["-m", "debugpy", "--listen", "127.0.0.1:5678", "--wait-for-client"];
  assert.deepEqual(commandOf("python", "python3.12", ["-u", "bootstrap.py"]), ["-u", ...debugpy, "bootstrap.py"]);
  assert.match(commandOf("java", "java21", ["-cp", "x"])?.join(" ") ?? "", /-agentlib:jdwp=.*address=127\.0\.0\.1:5005/);
  assert.deepEqual(commandOf("node", "nodejs24.x", [], 1_234), ["--inspect-wait=127.0.0.1:1234"]);
  assert.equal(commandOf("custom", "provided.al2023", []), undefined);
});

test("one environment at a time is debugged, and its time does not run", () => {
  const debugging = new Debugging(new Map(all), silentLog);
  const spec = specOf({ functionName: "node", timeoutMs: 3_000 });
  const debugged = debugging.claim(spec);
  assert.equal(debugged?.spec.timeoutMs, 24 * 60 * 60 * 1000);
  assert.equal(debugging.claim(spec), undefined);
  debugged?.release();
  assert.ok(debugging.claim(spec));
  assert.equal(debugging.claim(specOf({ functionName: "other" })), undefined);
});
