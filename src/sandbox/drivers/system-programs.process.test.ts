import assert from "node:assert/strict";
import { test } from "node:test";
import { findProgram, findPrograms } from "./system-programs.ts";

test("programs are found by name or path, in the order asked for, and what is missing leaves its place empty", async () => {
  const [shell, missing, path, list] = await findPrograms(["sh", "no-such-program", "/bin/sh", "ls"]);
  assert.match(shell ?? "", /^\/.*\/sh$/);
  assert.equal(missing, undefined);
  assert.equal(path, "/bin/sh");
  assert.match(list ?? "", /^\/.*\/ls$/);
  assert.equal(await findProgram("no-such-program"), undefined);
  assert.equal(await findProgram("sh; echo /planted"), undefined);
  assert.equal(await findProgram("sh"), shell);
});
