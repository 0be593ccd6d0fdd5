import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { TrialMemory } from "./trial-memory.ts";

test("the outcome of a trial is remembered for these surroundings", { skip: process.platform !== "linux" }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "trial-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "trial");
  const first = await TrialMemory.open(path);
  assert.equal(await first.recall(), undefined);
  await first.keep(2);
  assert.equal(await (await TrialMemory.open(path)).recall(), 2);
  for (const text of ["", "another-machine 2", "\0\0\0"]) {
    await writeFile(path, text);
    assert.equal(await first.recall(), undefined, text);
  }
});

test("without a file nothing is remembered", async () => {
  const memory = await TrialMemory.open(undefined);
  await memory.keep(1);
  assert.equal(await memory.recall(), undefined);
});
