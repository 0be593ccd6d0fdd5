import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { extensionVariables, launchComplaint, listExtensions } from "./external-extensions.ts";

test("extensions are the files of one folder of the layers", async (t) => {
  const layers = await mkdtemp(join(tmpdir(), "layers-"));
  t.after(() => rm(layers, { recursive: true }));
  assert.deepEqual(await listExtensions(undefined), []);
  assert.deepEqual(await listExtensions(layers), []);
  await mkdir(join(layers, "extensions", "folder"), { recursive: true });
  for (const name of ["b", "a"]) await writeFile(join(layers, "extensions", name), "");
  assert.deepEqual(await listExtensions(layers), [join(layers, "extensions", "a"), join(layers, "extensions", "b")]);
});

test("what cannot run is found out before", { skip: process.platform !== "linux" }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "extension-"));
  t.after(() => rm(folder, { recursive: true }));
  const complaint = async (content: string, mode = 0o755): Promise<string | undefined> => {
    const path = join(folder, "file");
    await writeFile(path, content);
    await chmod(path, mode);
    return launchComplaint(path);
  };
  assert.equal(await complaint("#!/bin/sh\n"), undefined);
  assert.equal(await complaint("#! /bin/sh -e\n"), undefined);
  assert.equal(await complaint("#!/opt/bin/mine\n"), undefined);
  assert.equal(await complaint("\x7fELF"), undefined);
  assert.equal(await complaint("#!/bin/sh\n", 0o644), "permission denied");
  assert.equal(await complaint("echo"), "exec format error");
  assert.equal(await complaint("#!/bin/sh\r\n"), "no such file or directory");
  assert.equal(await launchComplaint(join(folder, "nothing")), "no such file or directory");
});

test("an extension sees the function's variables but those of the runtime", () => {
  assert.deepEqual(extensionVariables({ _HANDLER: "a", LAMBDA_TASK_ROOT: "b", AWS_EXECUTION_ENV: "c", AWS_REGION: "d", OWN: "e" }), {
    AWS_REGION: "d",
    OWN: "e",
  });
});
