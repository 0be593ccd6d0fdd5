/** Managed runtimes at a snapshot: the hooks of the function, and what becomes of them. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { installed, RuntimeProcess } from "./runtime-process.ts";

const runtimesFolder = join(import.meta.dirname, "../../runtimes");
const searchPath = [dirname(process.execPath), process.env["PATH"] ?? ""].join(":");

const files = {
  "index.js": `
    const events = [];
    const { registerBeforeSnapshot, registerAfterRestore } = awslambda.snapshot;
    for (const name of ["one", "two"]) {
      registerBeforeSnapshot(async () => { await null; if (process.env.FAIL === "before") throw new RangeError(name); events.push("before " + name); });
      registerAfterRestore(() => { if (process.env.FAIL === "after") throw new RangeError(name); events.push("after " + name); });
    }
    process.env.KEPT = "kept";
    exports.handler = async () => [...events, process.env.KEPT, process.env.ADDED];`,
  "app.py": `
import os
from snapshot_restore_py import register_after_restore, register_before_snapshot
events = []
def run(when, name):
    if os.environ.get("FAIL") == when:
        raise ValueError(name)
    events.append(f"{when} {name}")
for name in ["one", "two"]:
    register_before_snapshot(run, "before", name)
    register_after_restore(run, "after", name=name)
os.environ["KEPT"] = "kept"
def handler(event, context):
    return [*events, os.environ["KEPT"], os.environ.get("ADDED")]
`,
};

const families = [
  { family: "nodejs", names: ["node"], bootstrap: "bootstrap.mjs", handler: "index.handler", error: "RangeError" },
  {
    family: "python",
    names: ["python3.12", "python3.13", "python3.11"],
    bootstrap: "bootstrap.py",
    handler: "app.handler",
    error: "ValueError",
  },
];

for (const { family, names, bootstrap, handler, error } of families) {
  for (const { program, version } of installed(names, searchPath)) {
    describe(`${family} on ${version}, at a snapshot`, { concurrency: true }, () => {
      const start = async (variables: Record<string, string> = {}): Promise<RuntimeProcess> => {
        const runtime = await RuntimeProcess.start([program, join(runtimesFolder, family, bootstrap)], files, {
          _HANDLER: handler,
          AWS_EXECUTION_ENV: `AWS_Lambda_${family}24.x`,
          ...variables,
        });
        assert.equal((await runtime.initialised()).kind, "ready");
        return runtime;
      };

      for (const lingers of [false, true]) {
        test(`runs the hooks and serves${lingers ? ", also where it does not stand still" : ""}`, async () => {
          await using runtime = await start();
          if (lingers) runtime.linger();
          const { kind, body } = await runtime.checkpoint();
          assert.equal(kind, "checkpointed");
          assert.equal(JSON.parse(body).image, false);
          assert.equal((await runtime.restore({ ADDED: "added" })).kind, "restored");
          const served = JSON.parse((await runtime.invoke("{}")).body);
          assert.deepEqual(served, ["before two", "before one", "after one", "after two", "kept", "added"]);
          assert.deepEqual(JSON.parse((await runtime.invoke("{}")).body), served);
        });
      }

      test("says which of them failed", async () => {
        await using before = await start({ FAIL: "before" });
        const init = await before.checkpoint();
        const { errorType, errorMessage } = JSON.parse(init.body);
        assert.deepEqual([init.kind, errorType, errorMessage, await before.exitCode], ["initError", error, "two", 64]);
        await using after = await start({ FAIL: "after" });
        await after.checkpoint();
        const restore = await after.restore();
        assert.deepEqual([restore.kind, JSON.parse(restore.body).errorType, await after.exitCode], ["restoreError", error, 65]);
      });
    });
  }
}
