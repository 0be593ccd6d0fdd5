import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { findWorkingDirectory, resolveProgram } from "./image-entry.ts";

async function makeImage(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "image-entry-"));
  t.after(() => rm(root, { recursive: true }));
  await mkdir(join(root, "usr/bin"), { recursive: true });
  await writeFile(join(root, "usr/bin/tool"), "", { mode: 0o755 });
  await writeFile(join(root, "usr/bin/private"), "", { mode: 0o700 });
  await symlink("usr/bin", join(root, "bin"));
  await symlink("/usr/bin/tool", join(root, "entry"));
  await symlink("/etc/hostname", join(root, "outside"));
  await symlink("../../../../etc", join(root, "climbing"));
  await symlink("round", join(root, "round"));
  return root;
}

test("programs are found by path, by link and on the PATH of the image", async (t) => {
  const root = await makeImage(t);
  assert.equal(await resolveProgram(root, "/", "/usr/bin/tool", ""), "/usr/bin/tool");
  assert.equal(await resolveProgram(root, "/", "/entry", ""), "/entry");
  assert.equal(await resolveProgram(root, "/usr", "./bin/tool", ""), "/usr/bin/tool");
  assert.equal(await resolveProgram(root, "/", "tool", "relative:/nowhere:/bin"), "/bin/tool");
  assert.equal(await findWorkingDirectory(root, "/bin"), "/bin");
});

test("files of the machine are not among an image's, whatever its links say", async (t) => {
  const root = await makeImage(t);
  const missing = { name: "ImageEntryMissing", missing: "program" };
  await assert.rejects(resolveProgram(root, "/", "/outside", ""), { ...missing, message: "fork/exec /outside: no such file or directory" });
  await assert.rejects(resolveProgram(root, "/", "/climbing/hostname", ""), missing);
  await assert.rejects(resolveProgram(root, "/", "/../../bin/sh", ""), missing);
  await assert.rejects(resolveProgram(root, "/", "/round", ""), missing);
  await assert.rejects(findWorkingDirectory(root, "/climbing"), { name: "ImageEntryMissing", missing: "folder" });
});

test("what may not be run, or is no folder, is refused in the words of Go", async (t) => {
  const root = await makeImage(t);
  await assert.rejects(resolveProgram(root, "/", "/usr/bin/private", ""), { message: "fork/exec /usr/bin/private: permission denied" });
  await assert.rejects(resolveProgram(root, "/", "/usr/bin", ""), { message: "fork/exec /usr/bin: permission denied" });
  await assert.rejects(resolveProgram(root, "/", "sh", "/bin"), { message: 'exec: "sh": executable file not found in $PATH' });
  await assert.rejects(findWorkingDirectory(root, "/usr/bin/tool"), { message: "chdir /usr/bin/tool: not a directory" });
});
