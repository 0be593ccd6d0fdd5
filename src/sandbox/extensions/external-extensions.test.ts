import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { extensionVariables, listExtensions } from "./external-extensions.ts";

test("extensions are the files of one folder of the layers", async (t) => {
  const layers = await mkdtemp(join(tmpdir(), "layers-"));
  t.after(() => rm(layers, { recursive: true }));
  assert.deepEqual(await listExtensions(undefined), []);
  assert.deepEqual(await listExtensions(layers), []);
  await mkdir(join(layers, "extensions", "folder"), { recursive: true });
  for (const name of ["b", "a"]) await writeFile(join(layers, "extensions", name), "");
  assert.deepEqual(await listExtensions(layers), [join(layers, "extensions", "a"), join(layers, "extensions", "b")]);
});

test("an extension sees the function's variables but those of the runtime", () => {
  assert.deepEqual(extensionVariables({ _HANDLER: "a", LAMBDA_TASK_ROOT: "b", AWS_EXECUTION_ENV: "c", AWS_REGION: "d", OWN: "e" }), {
    AWS_REGION: "d",
    OWN: "e",
  });
});
