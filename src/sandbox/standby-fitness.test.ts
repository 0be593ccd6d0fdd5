import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { specOf } from "./fixtures/specs.ts";
import type { RuntimeStart } from "./runtimes/runtime-start.ts";
import { canBeServedByStandby } from "./standby-fitness.ts";

const folder = await mkdtemp(join(tmpdir(), "fitness-"));
after(() => rm(folder, { recursive: true, force: true }));
const start: RuntimeStart = {
  link: "frames",
  canStandBy: true,
  program: "/usr/bin/node",
  args: [],
  runtimeFolder: "/",
  variables: () => ({}),
  readable: [],
};

let packages = 0;

/** A folder with these empty files. */
async function holding(...paths: string[]): Promise<string> {
  const root = join(folder, String(packages++));
  await mkdir(root);
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), "");
  }
  return root;
}

test("variables that are read at the start of an interpreter need one of their own", async () => {
  const task = await holding("index.js");
  const fits = (name: string) => canBeServedByStandby(specOf({ variables: { [name]: "1" } }), { task, start });
  for (const name of [
    "NODE_OPTIONS",
    "NODE_PATH",
    "NODE_EXTRA_CA_CERTS",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "PYTHONPATH",
    "TZ",
    "LANG",
    "LC_ALL",
  ]) {
    assert.equal(await fits(name), false, name);
  }
  for (const name of ["NODE_ENV", "TABLE", "PATH", "AWS_NODEJS_CONNECTION_REUSE_ENABLED", "TZ_OFFSET"])
    assert.equal(await fits(name), true, name);
});

test("so do libraries and modules that the interpreter would have loaded instead of its own", async () => {
  const task = await holding("index.js", "node_modules/x/build/x.node");
  const fits = async (...paths: string[]) =>
    canBeServedByStandby(specOf({ runtime: "python3.12" }), { task: await holding(...paths), start });
  const fitsLayer = async (...paths: string[]) =>
    canBeServedByStandby(specOf({ runtime: "python3.12" }), { task, layers: await holding(...paths), start });
  assert.equal(await fits("app.py", "_cffi_backend.cpython-312-x86_64-linux-gnu.so", "numpy/libs/libblas.so.0"), true);
  assert.equal(await fits("lib/libcrypto.so.3"), false);
  assert.equal(await fits("libstdc++.so"), false);
  assert.equal(await fitsLayer("lib/helper.txt", "python/requests/__init__.py"), true);
  assert.equal(await fitsLayer("lib/libssl.so.3"), false);
  assert.equal(await fitsLayer("python/sitecustomize.py"), false);
  assert.equal(await fitsLayer("python/lib/python3.12/site-packages/usercustomize/__init__.py"), false);
});

test("so do other sizes of /tmp, file systems, and runtimes of the customer's own", async () => {
  const task = await holding();
  assert.equal(await canBeServedByStandby(specOf(), { task, start }), true);
  assert.equal(await canBeServedByStandby(specOf({ ephemeralStorageMb: 1_024 }), { task, start }), false);
  assert.equal(await canBeServedByStandby(specOf({ fileSystems: [{ folder, mountPath: "/mnt/a" }] }), { task, start }), false);
  assert.equal(await canBeServedByStandby(specOf(), { task, start: { ...start, link: "http", canStandBy: false } }), false);
});
