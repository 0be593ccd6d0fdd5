import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { launchComplaint } from "./launch-complaint.ts";

test("what cannot run is found out before", { skip: process.platform !== "linux" }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "launch-complaint-"));
  t.after(() => rm(folder, { recursive: true }));
  const complaint = async (content: string | Uint8Array, mode = 0o755): Promise<string | undefined> => {
    const path = join(folder, "file");
    await writeFile(path, content);
    await chmod(path, mode);
    return launchComplaint(path);
  };
  assert.equal(await complaint("#!/bin/sh\n"), undefined);
  assert.equal(await complaint("#! /bin/sh -e\n"), undefined);
  assert.equal(await complaint("#!/opt/bin/mine\n"), undefined);
  const ours = await readFile(process.execPath).then((bytes) => bytes.subarray(0, 64));
  assert.equal(await complaint(ours), undefined);
  const foreign = Buffer.from(ours);
  foreign.writeUInt16LE(0xf3, 18); // RISC-V
  const emulators = await readdir("/proc/sys/fs/binfmt_misc").catch(() => []);
  if (!emulators.some((name) => name.includes("qemu"))) {
    assert.equal(await complaint(foreign), "exec format error");
    assert.equal(await complaint("\x7fELF"), "exec format error");
  }
  assert.equal(await complaint("#!/bin/sh\n", 0o644), "permission denied");
  assert.equal(await complaint("echo"), "exec format error");
  assert.equal(await complaint("#!/bin/sh\r\n"), "no such file or directory");
  assert.equal(await launchComplaint(join(folder, "nothing")), "no such file or directory");
});
