/** Functions with SnapStart whose environments are made of an image of one that was initialised. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { silentLog } from "#kit/log.ts";
import { canIsolate } from "#test/traces.ts";
import { managedSandbox, useForkServers, useIsolation, useNativeLauncher, type RealSandbox } from "./fixtures/real-sandbox.ts";
import { requestOf, specOf } from "./fixtures/specs.ts";
import { hasCompiler, nativeFolder } from "./fixtures/native.ts";

const skip = !(canIsolate && hasCompiler()) && "takes Linux on x86-64, root, and a C compiler";
if (skip === false) {
  useIsolation("namespaces");
  useNativeLauncher(nativeFolder);
  useForkServers();
}

const spec = specOf({ hasSnapStart: true, functionVersion: "1", timeoutMs: 20_000 });

/** What came of the trials, by what is told of them. */
async function sandboxOf(t: TestContext, files: Record<string, string>): Promise<RealSandbox & { complaints: unknown[] }> {
  const complaints: unknown[] = [];
  const log = {
    ...silentLog,
    debug: (message: string, facts?: Record<string, unknown>) => {
      if (message === "a runtime was tried for images of memory") complaints.push(facts?.["complaint"]);
    },
  };
  const real = await managedSandbox(t, files["code/index.js"] ?? "", { files, standbys: 1, log, searchPath: process.env["PATH"] ?? "" });
  return { ...real, complaints };
}

const node = {
  spec,
  files: {
    "code/index.js": `
      const born = process.pid;
      const state = { count: 0 };
      exports.handler = async () => ({ isRestored: process.pid !== born, count: ++state.count, drawn: [Math.random(), crypto.randomUUID()] });`,
  },
};
const python = {
  spec: { ...spec, runtime: "python3.11", handler: "app.handler" },
  files: {
    "code/app.py": `
import os, random, uuid
born, state = os.getpid(), {"count": 0}
def handler(event, context):
    state["count"] += 1
    return {"isRestored": os.getpid() != born, "count": state["count"], "drawn": [random.random(), str(uuid.uuid4())]}`,
  },
};

for (const [name, { spec: ofFunction, files }] of Object.entries({ node, python })) {
  test(`${name}: after the one that waits, environments are made of the image`, { skip }, async (t) => {
    const { sandbox, complaints } = await sandboxOf(t, files);
    assert.equal(await sandbox.snapshot(ofFunction), undefined);
    assert.deepEqual(complaints, ["none"]);
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => sandbox.invoke(ofFunction, requestOf({}))));
    await Promise.all(outcomes.map(({ finished }) => finished));
    const found = outcomes.map(({ payload }) => JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>);
    assert.equal(found.filter(({ isRestored }) => isRestored).length, 3);
    assert.deepEqual(new Set(found.map(({ count }) => count)), new Set([1]));
    assert.equal(new Set(found.flatMap(({ drawn }) => drawn)).size, 8);
  });
}
