/** Functions with SnapStart, by the process driver: each environment goes through a snapshot, and one waits there for the first who needs it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { EnvironmentSpec, InvocationOutcome, Sandbox } from "./contract.ts";
import { managedSandbox, type RealSandbox } from "./fixtures/real-sandbox.ts";
import { requestOf, specOf } from "./fixtures/specs.ts";

let assumed = 0;
const snapped = specOf({
  hasSnapStart: true,
  functionVersion: "1",
  timeoutMs: 10_000,
  credentials: async () => ({
    accessKeyId: `ASIA${++assumed}`,
    secretAccessKey: "secret",
    sessionToken: "token",
    expiresAtMs: Date.UTC(2100, 0, 1),
  }),
});
const python = { ...snapped, runtime: "python3.12", handler: "app.handler" };
const searchPath = process.env["PATH"] ?? "";

const nodeSource = `
const { snapshot } = globalThis.awslambda;
const events = ["init"];
process.env.KEPT = "as the function left it";
snapshot.registerBeforeSnapshot(() => events.push("before 1"));
snapshot.registerBeforeSnapshot(async () => { await null; events.push("before 2"); });
snapshot.registerAfterRestore(() => events.push("after 1"));
snapshot.registerAfterRestore(async () => { await null; events.push("after 2"); });
const credentials = async () => {
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization } = process.env;
  return (await fetch(uri, { headers: { authorization } })).json();
};
exports.handler = async ({ exit }, { logStreamName }) => {
  if (exit) process.exit(1);
  const { AWS_LAMBDA_INITIALIZATION_TYPE: type, AWS_ACCESS_KEY_ID: key, KEPT: kept } = process.env;
  return { events, pid: process.pid, type, key, kept, logStreamName, accessKeyId: (await credentials()).AccessKeyId };
};`;

const pythonSource = `
import os, json, urllib.request
from snapshot_restore_py import register_before_snapshot, register_after_restore
events = ["init"]
@register_before_snapshot
def one(): events.append("before 1")
register_before_snapshot(events.append, "before 2")
@register_after_restore
def two(): events.append("after 1")
register_after_restore(events.append, "after 2")
os.environ["KEPT"] = "as the function left it"
def handler(event, context):
    if event.get("exit"):
        os._exit(1)
    uri = os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    asked = urllib.request.Request(uri, headers={"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]})
    return {"events": events, "pid": os.getpid(), "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], "key": os.environ.get("AWS_ACCESS_KEY_ID"),
        "kept": os.environ["KEPT"], "logStreamName": context.log_stream_name, "accessKeyId": json.load(urllib.request.urlopen(asked))["AccessKeyId"]}
`;

const families = [
  { name: "nodejs", spec: snapped, files: { "code/index.js": nodeSource } },
  { name: "python", spec: python, files: { "code/app.py": pythonSource } },
];

const textOf = ({ payload }: InvocationOutcome): string => Buffer.from(payload).toString();

async function answerOf(sandbox: Sandbox, spec: EnvironmentSpec, event: object = {}): Promise<any> {
  const outcome = await sandbox.invoke(spec, requestOf(event));
  await outcome.finished;
  return JSON.parse(textOf(outcome));
}

/** Until so many environments have come to their snapshot. */
async function snapshots({ sink }: RealSandbox, count: number): Promise<void> {
  for (let waited = 0; sink.messages.filter((line) => line.startsWith("INIT_REPORT")).length < count; waited++) {
    assert.ok(waited < 1_000, `after ${count} initialisations: ${sink.messages.join("\n")}`);
    await delay(10);
  }
}

for (const { name, spec, files } of families) {
  test(`${name}: an environment waits at its snapshot, goes on for the first invocation, and is replaced`, async (t) => {
    const real = await managedSandbox(t, "", { files, searchPath });
    const { sandbox, sink } = real;
    assert.equal(await sandbox.snapshot(spec), undefined);
    const { length } = sink.lines;
    const first = await answerOf(sandbox, spec);
    const { pid, accessKeyId, ...rest } = first;
    assert.deepEqual(rest, {
      events: ["init", "before 2", "before 1", "after 1", "after 2"],
      type: "snap-start",
      kept: "as the function left it",
      ...(name === "python" && { key: null, logStreamName: null }),
    });
    const lines = sink.messages.slice(length).filter((line) => !line.startsWith("INIT_"));
    assert.deepEqual(
      lines.map((line) => line.split(" ")[0]),
      ["RESTORE_START", "RESTORE_REPORT", "START", "END", "REPORT"],
    );
    assert.match(lines[1]!, /^RESTORE_REPORT Restore Duration: \d+\.\d\d ms$/);
    assert.match(lines[4]!, /\tMax Memory Used: \d+ MB\tRestore Duration: \d+\.\d\d ms\tBilled Restore Duration: \d+ ms\t$/);
    assert.equal((await answerOf(sandbox, spec)).pid, pid);
    assert.doesNotMatch(sink.messages.at(-1)!, /Restore/);
    // The next environment is the one that waits by then: its initialisation is not repeated.
    await snapshots(real, 2);
    await answerOf(sandbox, spec, { exit: true });
    const second = await answerOf(sandbox, spec);
    assert.notEqual(second.pid, pid);
    assert.notEqual(second.accessKeyId, accessKeyId);
    assert.deepEqual(second.events, first.events);
  });
}

test("an environment that dies at its snapshot is replaced, and missed by nobody", async (t) => {
  const real = await managedSandbox(t, nodeSource);
  await real.sandbox.snapshot(snapped);
  const [pid] = await real.processes();
  process.kill(pid!, "SIGKILL");
  const { events } = await answerOf(real.sandbox, snapped);
  assert.equal(events.length, 5);
  await snapshots(real, 2);
});

test("without a snapshot made before, an invocation makes its own, hooks and all", async (t) => {
  const { sandbox } = await managedSandbox(t, nodeSource);
  assert.equal((await answerOf(sandbox, snapped)).events.length, 5);
});

test("an initialisation that fails is told, and so is a hook before the snapshot", async (t) => {
  const spec = (key: string, handler: string): EnvironmentSpec => ({ ...snapped, key, handler });
  const { sandbox } = await managedSandbox(t, "throw new TypeError('no')", {
    files: {
      "code/hook.js":
        "awslambda.snapshot.registerBeforeSnapshot(() => { throw new RangeError('never') }); exports.handler = async () => 1;",
    },
  });
  const failures = await Promise.all([spec("init", "index.handler"), spec("hook", "hook.handler")].map((each) => sandbox.snapshot(each)));
  assert.deepEqual(
    failures.map((failure) => [failure?.reason, failure?.errorType]),
    [
      ["init", "TypeError"],
      ["init", "RangeError"],
    ],
  );
});

test("a hook after the restore that fails, or ends the process, fails the invocation", async (t) => {
  const hook = (what: string): string => `awslambda.snapshot.registerAfterRestore(() => { ${what} }); exports.handler = async () => 1;`;
  const { sandbox, sink } = await managedSandbox(t, "", {
    files: { "code/throwing.js": hook("throw new Error('not again')"), "code/ending.js": hook("process.exit(3)") },
  });
  const invoke = (handler: string) => sandbox.invoke({ ...snapped, key: handler, handler }, requestOf());
  await assert.rejects(invoke("throwing.handler"), { name: "SandboxFailure", reason: "restore-failed" });
  await assert.rejects(invoke("ending.handler"), { name: "SandboxFailure", reason: "restore-lost" });
  const reports = sink.messages.filter((line) => line.startsWith("RESTORE_REPORT"));
  assert.match(reports[0]!, /\tStatus: error\tError Type: Error$/);
  assert.match(reports[1]!, /\tStatus: error\tError Type: Runtime.ExitError$/);
});

test("what is retired leaves no environment at its snapshot", async (t) => {
  const real = await managedSandbox(t, nodeSource);
  await real.sandbox.snapshot(snapped);
  assert.equal((await real.processes()).length, 1);
  await real.sandbox.retire(snapped.key);
  assert.deepEqual(await real.processes(), []);
});

test("extensions are part of the snapshot, and hear of the restore", async (t) => {
  const port = 20_000 + ((process.pid + 7) % 20_000);
  const listener = `#!/usr/bin/env node
    const base = "http://" + process.env.AWS_LAMBDA_RUNTIME_API;
    const events = [];
    (async () => {
      const answer = await fetch(base + "/2020-01-01/extension/register", {
        method: "POST", body: '{"events":["INVOKE"]}', headers: { "Lambda-Extension-Name": "listener" } });
      const headers = { "Lambda-Extension-Identifier": answer.headers.get("lambda-extension-identifier") };
      const next = () => fetch(base + "/2020-01-01/extension/event/next", { headers });
      require("node:http").createServer((request, reply) => {
        let body = "";
        request.on("data", (chunk) => (body += chunk)).on("end", () => { events.push(...JSON.parse(body)); reply.end(); });
      }).listen(${port}, "127.0.0.1");
      await fetch(base + "/2022-07-01/telemetry", { method: "PUT", headers, body: JSON.stringify({ schemaVersion: "2022-12-13", types: ["platform"],
        buffering: { timeoutMs: 25 }, destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:${port}" } }) });
      await next();
      while (!events.some(({ type }) => type === "platform.runtimeDone")) await new Promise((resolve) => setTimeout(resolve, 10));
      console.log("heard " + JSON.stringify(events.map(({ type, record }) => [type.slice(9), record.initializationType ?? record.status])));
      await next();
    })();`;
  const { sandbox, sink } = await managedSandbox(t, nodeSource, { files: { "layers/extensions/listener": listener } });
  const spec = { ...snapped, layerDigests: ["1".repeat(64)], runtime: "nodejs26.x" };
  assert.equal(await sandbox.snapshot(spec), undefined);
  assert.deepEqual((await answerOf(sandbox, spec)).events.slice(1), ["before 2", "before 1", "after 1", "after 2"]);
  const heard = sink.messages.find((line) => line.startsWith("heard "));
  assert.deepEqual(JSON.parse(heard?.slice(6) ?? "[]").slice(0, 9), [
    ["initStart", "snap-start"],
    ["telemetrySubscription", null],
    ["initRuntimeDone", "snap-start"],
    ["extension", null],
    ["initReport", "snap-start"],
    ["restoreStart", null],
    ["restoreRuntimeDone", "success"],
    ["restoreReport", "success"],
    ["start", null],
  ]);
});
