/** Processes that were started ahead of need: a function cannot tell that it runs in one, and finds there nothing but its own. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { readdirSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { silentLog } from "#kit/log.ts";
import { canIsolate, cgroupsOf } from "#test/traces.ts";
import type { EnvironmentSpec } from "./contract.ts";
import { managedSandbox, useIsolation, type RealOptions, type RealSandbox } from "./fixtures/real-sandbox.ts";
import { requestOf, specOf } from "./fixtures/specs.ts";

const skip = !canIsolate && "takes Linux on x86-64, and root";
useIsolation("namespaces");

/** Says whether the process was started for this function, and what the event asks. */
const source = `
const { readFileSync, writeFileSync, readdirSync, existsSync } = require("node:fs");
exports.handler = async (event) => ({
  isStandby: !readFileSync("/proc/self/environ", "latin1").includes("AWS_LAMBDA_FUNCTION_NAME="),
  result: await eval(event),
});`;

/** An answer of a function that was started ahead of need, or was not. */
async function ask(
  sandbox: RealSandbox["sandbox"],
  spec: EnvironmentSpec,
  expression: string,
): Promise<{ isStandby: boolean; result: unknown }> {
  const outcome = await sandbox.invoke(spec, requestOf(expression));
  await outcome.finished;
  const answer = JSON.parse(Buffer.from(outcome.payload).toString()) as { isStandby: boolean; result: unknown };
  assert.equal(outcome.functionError, undefined, JSON.stringify(answer));
  return answer;
}

interface Stocked extends RealSandbox {
  /** Resolves when so many have been started ahead of need since the beginning. */
  untilStarted(count: number): Promise<unknown>;
}

/** A sandbox in which a process waits. */
async function stocked(t: TestContext, perRuntime: number, options: RealOptions = {}): Promise<Stocked> {
  const started = new EventEmitter();
  let count = 0;
  const debug = (message: string): void => {
    if (message === "a runtime was started ahead of need") started.emit(`${++count}`);
    // From one, any number can be forked.
    if (message === "a runtime was tried for forking") while (count < perRuntime) started.emit(`${++count}`);
  };
  const log = { ...silentLog, debug };
  const real = await managedSandbox(t, source, { standbys: perRuntime, log, ...options });
  const untilStarted = (wanted: number): Promise<unknown> =>
    count >= wanted ? Promise.resolve() : once(started, `${wanted}`, { signal: AbortSignal.timeout(60_000) });
  await real.sandbox.prepare(specOf());
  await untilStarted(1);
  return { ...real, untilStarted };
}

test("a function sees the same in a process that was started ahead of need as in one of its own", { skip }, async (t) => {
  const expression = `({
    variables: { ...process.env, AWS_LAMBDA_LOG_STREAM_NAME: "" },
    place: [process.cwd(), process.argv, process.execArgv, process.title, module.filename, require.main?.filename],
    modules: [Object.keys(require.cache), require("node:module").globalPaths],
    listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
    globals: Reflect.ownKeys(globalThis).map(String),
    files: ["/var/task", "/opt", "/tmp", "/"].map((folder) => readdirSync(folder)),
    user: readFileSync("/etc/passwd", "utf8").replaceAll(/\\d+/g, "N"),
    descriptors: readdirSync("/proc/self/fd").length,
  })`;
  const files = { "layers/nodejs/node_modules/gift/index.js": "module.exports = 1;" };
  const spec = specOf({ layerDigests: ["a"], variables: { GREETING: "hello", NODE_ENV: "production" } });
  const plain = await ask((await managedSandbox(t, source, { files })).sandbox, spec, expression);
  const ahead = await ask((await stocked(t, 1, { files })).sandbox, spec, expression);
  assert.deepEqual([plain.isStandby, ahead.isStandby], [false, true]);
  // They differ in nothing but the names of the folders of this test.
  const withoutNames = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll(/sandbox-\w{6}/g, "sandbox"));
  assert.deepEqual(withoutNames(ahead.result), withoutNames(plain.result));
  assert.equal((ahead.result as { variables: Record<string, string> }).variables["GREETING"], "hello");
});

test("packages of a layer are found, code and layers cannot be written", { skip }, async (t) => {
  const { sandbox } = await stocked(t, 1, { files: { "layers/nodejs/node_modules/gift/index.js": "module.exports = 'of the layer';" } });
  const attempt = (path: string): string =>
    `(() => { try { writeFileSync("${path}", ""); return "written" } catch ({ code }) { return code } })()`;
  const expression = `[require("gift"), ${attempt("/var/task/x")}, ${attempt("/opt/x")}, ${attempt("/tmp/x")}]`;
  const { isStandby, result } = await ask(sandbox, specOf({ layerDigests: ["a"] }), expression);
  assert.ok(isStandby);
  assert.deepEqual(result, ["of the layer", "EROFS", "EROFS", "written"]);
});

test("a part of a runtime that was started ahead of need can be an extension", { skip }, async (t) => {
  const extended = `
    import { readFileSync } from "node:fs";
    const base = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2020-01-01/extension";
    const answer = await fetch(base + "/register", { method: "POST", body: '{"events":["INVOKE"]}', headers: { "Lambda-Extension-Name": "inner" } });
    const headers = { "Lambda-Extension-Identifier": answer.headers.get("lambda-extension-identifier") };
    const told = Promise.withResolvers();
    (async () => { for (;;) told.resolve((await (await fetch(base + "/event/next", { headers })).json()).eventType); })();
    process.on("SIGTERM", () => { console.log("goodbye"); process.exit(0); });
    const isStandby = !readFileSync("/proc/self/environ", "latin1").includes("AWS_LAMBDA_FUNCTION_NAME=");
    export const handler = async () => ({ isStandby, result: await told.promise });`;
  const { sandbox, sink } = await stocked(t, 1, { files: { "code/main.mjs": extended } });
  const { isStandby, result } = await ask(sandbox, specOf({ handler: "main.handler", timeoutMs: 30_000 }), "");
  assert.deepEqual([isStandby, result], [true, "INVOKE"]);
  await sandbox.drain(0);
  assert.match(sink.messages.at(-1) ?? "", /goodbye$/);
});

test("environments see their own mounts only", { skip }, async (t) => {
  const real = await stocked(t, 2);
  const mounts = `readFileSync("/proc/self/mountinfo", "utf8").split("\\n").filter((line) => line.includes("/env-") || line.includes("/code") || line.includes(" /tmp "))`;
  const first = await ask(real.sandbox, specOf({ key: "first:1" }), mounts);
  await real.untilStarted(2);
  const second = await ask(real.sandbox, specOf({ key: "second:1" }), mounts);
  assert.ok(first.isStandby);
  assert.ok(second.isStandby);
  const environmentsIn = (lines: unknown): string[] => [...new Set(JSON.stringify(lines).match(/env-[0-9a-f]{16}|\/dev\/loop\d+/g))];
  const [ofFirst, ofSecond] = [environmentsIn(first.result), environmentsIn(second.result)];
  assert.ok(ofFirst.length > 0 && ofSecond.length > 0);
  assert.deepEqual(
    ofFirst.filter((name) => ofSecond.includes(name)),
    [],
  );
});

test("the memory is that of the function; a crash leaves /tmp as it was", { skip }, async (t) => {
  const { sandbox } = await stocked(t, 1);
  const spec = specOf({ memoryMb: 192, timeoutMs: 20_000 });
  assert.ok((await ask(sandbox, spec, `writeFileSync("/tmp/kept", "1")`)).isStandby);
  const hog = `(() => { const all = []; for (;;) all.push(Buffer.alloc(8 << 20, 1)); })()`;
  const outcome = await sandbox.invoke(spec, requestOf(hog));
  await outcome.finished;
  assert.equal(outcome.functionError, "Unhandled");
  const { isStandby, result } = await ask(sandbox, spec, `existsSync("/tmp/kept")`);
  assert.deepEqual({ isStandby, result }, { isStandby: false, result: true });
});

test("a function that sets what an interpreter reads at its start gets a process of its own", { skip }, async (t) => {
  const { sandbox } = await stocked(t, 1);
  const spec = specOf({ variables: { NODE_OPTIONS: "--no-warnings --stack-trace-limit=7" } });
  assert.deepEqual(await ask(sandbox, spec, "Error.stackTraceLimit"), { isStandby: false, result: 7 });
  assert.ok((await ask(sandbox, specOf({ key: "other:1" }), "1")).isStandby);
});

test("nothing is left of those that nobody took", { skip }, async (t) => {
  const real = await stocked(t, 2);
  const { isStandby } = await ask(real.sandbox, specOf(), "1");
  assert.ok(isStandby);
  assert.notDeepEqual(await real.processes(), []);
  await real.sandbox[Symbol.asyncDispose]();
  assert.deepEqual(await real.processes(), []);
  assert.deepEqual(cgroupsOf(process.pid), []);
  assert.deepEqual(
    readdirSync(real.runFolder).filter((name) => name.startsWith("env-")),
    [],
  );
});
