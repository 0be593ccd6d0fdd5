/** What `npm run doctor` says, of this machine and of settings that cannot work. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { toolchainFolder } from "#test/product.ts";
import { canIsolate } from "#test/traces.ts";

const main = resolve(import.meta.dirname, "../../src/main.ts");
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "pilotlight-doctor-test-"));
});
after(() => rm(folder, { recursive: true, force: true }));

function doctor(...args: string[]): Promise<{ status: number; report: string }> {
  const command = [main, "doctor", "--toolchain-dir", toolchainFolder, ...args];
  return new Promise((done) => {
    const child = execFile(process.execPath, command, (_, stdout) => done({ status: child.exitCode ?? -1, report: stdout }));
  });
}

test("the doctor says which driver would run and what there is, and leaves nothing behind", async () => {
  const { status, report } = await doctor("--data-dir", join(folder, "a/b"), "--isolation", "auto");
  assert.equal(status, 0);
  assert.match(report, /^ {2}driver {5}(namespaces|process): /m);
  if (canIsolate) assert.match(report, /^ {2}driver {5}namespaces: /m);
  assert.match(report, /^ {2}ok {2}nodejs26\.x +\//m);
  assert.match(report, /^ {2}(ok|--) {2}data folder +.* GB free$/m);
  assert.match(report, /\nA start works here\.\n$/);
  assert.deepEqual(await readdir(folder), []);
});

test("the doctor's status is 1 where a start would fail, and the report says why", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  const { status, report } = await doctor("--data-dir", join(file, "data"), "--isolation", "oci", "--oci-runtime", "no-such-runtime");
  assert.equal(status, 1);
  assert.match(report, /^ {2}driver {5}none: .*no-such-runtime/m);
  assert.match(report, /^ {2}-- {2}data folder +.* cannot be written: /m);
  assert.match(report, /\nA start fails here\.\n$/);
});
