import assert from "node:assert/strict";
import { mkdir, mkdtemp, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { silentLog } from "#kit/log.ts";
import { RuntimeCatalog } from "./catalog.ts";

/** A folder of programs, each a shell script. */
async function open(
  t: TestContext,
  programs: Record<string, string>,
  pathOf = (folder: string) => folder,
): Promise<{ catalog: RuntimeCatalog; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "catalog-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, script] of Object.entries(programs)) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const options = { productFolder: "/product", toolchainFolder: join(folder, "toolchains"), searchPath: pathOf(folder), log: silentLog };
  return { catalog: new RuntimeCatalog(options), folder };
}

const python = (version: string): string => `printf '${version}\\n/real/python${version}\\n/real\\n'`;

test("a Python is found by its own word, past shims that fail", async (t) => {
  const { catalog } = await open(t, { "python3.12": "exit 127", python3: python("3.12") });
  const start = await catalog.find("python3.12", "/code");
  assert.deepEqual(
    [start.program, start.args, start.link],
    ["/real/python3.12", ["-u", "/product/runtimes/python/bootstrap.py"], "frames"],
  );
});

test("pyenv's versions are found beside its shims", async (t) => {
  const { catalog } = await open(
    t,
    { ".pyenv/shims/python3.9": "exit 127", ".pyenv/versions/3.9.18/bin/python3.9": python("3.9") },
    (folder) => join(folder, ".pyenv/shims"),
  );
  assert.equal((await catalog.find("python3.9", "/code")).program, "/real/python3.9");
});

test("a Python of another version is none, until a fitting one appears", async (t) => {
  const { catalog, folder } = await open(t, { python3: python("3.11") });
  await assert.rejects(catalog.find("python3.14", "/code"), { reason: "runtime-missing", message: /python3\.14 on the PATH/ });
  await writeFile(join(folder, "python3.14"), `#!/bin/sh\n${python("3.14")}\n`, { mode: 0o755 });
  assert.equal((await catalog.find("python3.14", "/code")).program, "/real/python3.14");
});

test("a Node on the PATH serves its major version; our own serves its", async (t) => {
  const { catalog, folder } = await open(t, { node: "printf 'v20.1.0/real/node20'" });
  const start = await catalog.find("nodejs20.x", "/code");
  assert.deepEqual([start.program, start.args], ["/real/node20", ["/product/runtimes/nodejs/bootstrap.mjs"]]);
  const { NODE_PATH } = start.variables({ task: "/var/task", layers: "/opt", hasFileSystems: true });
  const sdk = /^\/opt\/nodejs\/node20\/node_modules:\/opt\/nodejs\/node_modules:([^:]*):.*:\/var\/task$/.exec(NODE_PATH!)![1]!;
  assert.ok(sdk.startsWith(join(folder, "toolchains")));
  const own = process.versions.node.split(".")[0];
  assert.equal((await catalog.find(`nodejs${own}.x`, "/code")).program, process.execPath);
  assert.equal(await readlink(join(sdk, "@aws-sdk")), "/product/node_modules/@aws-sdk");
});

test("what cannot be served says so", async (t) => {
  const { catalog } = await open(t, {});
  for (const runtime of ["nodejs14.x", "nodejs", "java25", "ruby3.4", ""]) {
    await assert.rejects(catalog.find(runtime, "/code"), { name: "SandboxFailure", reason: "runtime-missing" });
  }
});

test("a custom runtime starts from its package", async (t) => {
  const { catalog, folder } = await open(t, { bootstrap: "" });
  const start = await catalog.find("provided.al2", folder);
  assert.deepEqual([start.program, start.link], [join(folder, "bootstrap"), "http"]);
});
