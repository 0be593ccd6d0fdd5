import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { InvocationOutcome } from "./contract.ts";
import { customSandbox, type RealSandbox } from "./fixtures/real-sandbox.ts";
import { requestOf, specOf } from "./fixtures/specs.ts";

const json = (outcome: InvocationOutcome): any => JSON.parse(Buffer.from(outcome.payload).toString());

async function invoke({ sandbox }: RealSandbox, event: unknown = {}): Promise<InvocationOutcome> {
  const outcome = await sandbox.invoke(specOf({ runtime: "provided.al2023" }), requestOf(event));
  await outcome.finished;
  return outcome;
}

test("a custom runtime serves one invocation after another, errors among them", async (t) => {
  const real = await customSandbox(
    t,
    `(async () => {
      for (let n = 1; ; n++) {
        const { id, event } = await next();
        if (event.fail) await post("/invocation/" + id + "/error", '{"errorType":"Boom"}');
        else await post("/invocation/" + id + "/response", JSON.stringify({ n, env: process.env.AWS_EXECUTION_ENV ?? "none" }));
      }
    })();`,
  );
  assert.deepEqual(json(await invoke(real)), { n: 1, env: "none" });
  const failed = await invoke(real, { fail: true });
  assert.deepEqual([json(failed), failed.functionError], [{ errorType: "Boom" }, "Unhandled"]);
  assert.deepEqual(json(await invoke(real)), { n: 3, env: "none" });
  assert.equal(real.sink.messages.filter((line) => line.startsWith("REPORT")).length, 3);
});

test("a shell script is a custom runtime too", async (t) => {
  const real = await customSandbox(t, '#!/bin/sh\necho "hello from sh"\nexit 3\n');
  const outcome = await invoke(real);
  assert.match(json(outcome).errorMessage, /exit status 3$/);
  assert.ok(real.sink.messages.includes("hello from sh"));
});

test("an initialisation error that a custom runtime posts becomes the outcome", async (t) => {
  const real = await customSandbox(
    t,
    `post("/init/error", '{"errorType":"Function.NoConfig"}').then(() => setTimeout(() => process.exit(1), 5_000));`,
  );
  assert.deepEqual(json(await invoke(real)), { errorType: "Function.NoConfig" });
});

test("the invocation lasts until the runtime asks for the next: a death in between is reported, the answer stands", async (t) => {
  const real = await customSandbox(
    t,
    `next().then(({ id }) => post("/invocation/" + id + "/response", '"answered"')).then(() => process.exit(9));`,
  );
  const outcome = await invoke(real);
  assert.deepEqual([json(outcome), outcome.functionError], ["answered", undefined]);
  assert.match(real.sink.messages.at(-1) ?? "", /Error Type: Runtime.ExitError$/);
});

test("a package without bootstrap is an error of the function", async (t) => {
  const real = await customSandbox(t, "");
  await rm(join(real.folder, "code", "bootstrap"));
  const outcome = await invoke(real);
  assert.equal(json(outcome).errorType, "Runtime.InvalidEntrypoint");
  assert.match(json(outcome).errorMessage, /Couldn't find valid bootstrap\(s\): \[\/var\/task\/bootstrap \/opt\/bootstrap\]$/);
});

test("a runtime that is not served is our fault and said so", async (t) => {
  const { sandbox } = await customSandbox(t, "");
  await assert.rejects(sandbox.invoke(specOf({ runtime: "dotnet8" }), requestOf()), { name: "SandboxFailure", reason: "runtime-missing" });
  await assert.rejects(sandbox.prepare(specOf({ runtime: "python2.7" })), { name: "SandboxFailure", reason: "runtime-missing" });
  await sandbox.prepare(specOf({ runtime: "provided.al2023" }));
});

test("a custom runtime may come from a layer", async (t) => {
  const files = {
    "layers/bootstrap": '#!/bin/sh\necho "started from $0"; cat message; exit 3\n',
    "code/message": "with the code at hand\n",
  };
  const real = await customSandbox(t, "", { files });
  await rm(join(real.folder, "code", "bootstrap"));
  const outcome = await real.sandbox.invoke(specOf({ runtime: "provided.al2023", layerDigests: ["1", "2"] }), requestOf());
  await outcome.finished;
  assert.match(json(outcome).errorMessage, /exit status 3$/);
  assert.match(real.sink.messages.join("\n"), /started from (\/opt|.*\/layers)\/bootstrap\nwith the code at hand/);
});

test("a file system that cannot be had is told apart from other failures", async (t) => {
  const { sandbox, folder } = await customSandbox(t, "");
  const spec = specOf({ runtime: "provided.al2023", fileSystems: [{ folder: join(folder, "missing"), mountPath: "/mnt/share" }] });
  await assert.rejects(sandbox.invoke(spec, requestOf()), {
    name: "SandboxFailure",
    reason: "file-system",
    message: /missing.*\/mnt\/share/,
  });
});
