/** Between invocations nothing of a function goes on, on the driver that can bring that about. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { canIsolate } from "#test/traces.ts";
import { customSandbox, managedSandbox, type RealSandbox, useIsolation } from "./fixtures/real-sandbox.ts";
import { requestOf, specOf } from "./fixtures/specs.ts";

const restMs = 400;

/** Says how long it has not come to its turn, at most. */
const watch = `
let lastMs = Date.now(), gapMs = 0;
const look = () => { const nowMs = Date.now(); gapMs = Math.max(gapMs, nowMs - lastMs); lastMs = nowMs; };
`;

const custom = `${watch}
setInterval(look, 1);
for (;;) {
  const { id } = await next();
  await post("/invocation/" + id + "/response", JSON.stringify({ gapMs, nowMs: Date.now() }));
  gapMs = 0;
}
`;

const withWorker = `
const { Worker } = require("node:worker_threads");
const shared = new Int32Array(new SharedArrayBuffer(8));
new Worker(\`${watch}
  const shared = require("node:worker_threads").workerData;
  for (;;) { Atomics.wait(shared, 1, 0, 1); look(); Atomics.store(shared, 0, gapMs); }
\`, { eval: true, workerData: shared });
exports.handler = async () => {
  while (Atomics.load(shared, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  return { gapMs: Atomics.load(shared, 0), nowMs: Date.now() };
};
`;

const withChild = `
const { spawn } = require("node:child_process");
const { readFileSync } = require("node:fs");
spawn(process.execPath, ["-e", \`${watch}
  setInterval(() => { look(); require("node:fs").writeFileSync("/tmp/gap", String(gapMs)); }, 1);
\`], { stdio: "ignore" });
const gap = () => { try { return Number(readFileSync("/tmp/gap", "utf8")); } catch { return 0; } };
exports.handler = async () => {
  while (gap() === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  return { gapMs: gap(), nowMs: Date.now() };
};
`;

const spec = { memoryMb: 1_769, timeoutMs: 30_000 };

/** Whether the environments of this process are frozen, one by one. */
const frozen = (): boolean[] =>
  globSync(`/sys/fs/cgroup/{,*/}pilotlight/${process.pid}-*/*/{cgroup.freeze,freezer.state}`).map((file) =>
    ["1", "FROZEN"].includes(readFileSync(file, "utf8").trim()),
  );

async function until(isSo: () => boolean): Promise<void> {
  for (let attempt = 0; !isSo(); attempt++) {
    if (attempt === 1_000) throw new Error("it did not come to pass");
    await pause(10);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function answerOf({ sandbox }: RealSandbox, runtime: string): Promise<{ gapMs: number; nowMs: number }> {
  const { payload, finished, functionError } = await sandbox.invoke(specOf({ ...spec, runtime }), requestOf());
  await finished;
  assert.equal(functionError, undefined, String(payload));
  return JSON.parse(String(payload));
}

const managed = specOf().runtime;
const functions: Array<[what: string, runtime: string, open: (t: TestContext) => Promise<RealSandbox>]> = [
  ["a custom runtime", "provided.al2023", (t) => customSandbox(t, custom)],
  ["a worker of a managed one", managed, (t) => managedSandbox(t, withWorker)],
  ["a process that a managed one started", managed, (t) => managedSandbox(t, withChild)],
];

useIsolation("namespaces");
const skip = !canIsolate;

for (const [what, runtime, open] of functions) {
  test(`${what} makes no progress between two invocations, and goes on in the next`, { skip }, async (t) => {
    const real = await open(t);
    const first = await answerOf(real, runtime);
    await until(() => frozen().includes(true));
    await pause(restMs);
    const second = await answerOf(real, runtime);
    assert.ok(second.nowMs - first.nowMs >= restMs, "its clock shows the time that has passed");
    // What stood still sees that with its first look; how soon that comes is the machine's affair.
    let { gapMs } = second;
    for (let attempt = 0; attempt < 50 && gapMs < restMs; attempt++) gapMs = Math.max(gapMs, (await answerOf(real, runtime)).gapMs);
    assert.ok(gapMs >= restMs - 50, `${gapMs} ms without a turn`);
    await until(() => frozen().includes(true));
    await real.sandbox[Symbol.asyncDispose]();
    assert.deepEqual(await real.processes(), [], "what is frozen can be ended");
  });
}

test("a managed runtime that stands still by itself is not frozen", { skip }, async (t) => {
  const real = await managedSandbox(t, "exports.handler = async () => ({ gapMs: 0, nowMs: 0 });");
  await answerOf(real, managed);
  await pause(100);
  assert.ok(!frozen().includes(true));
});
