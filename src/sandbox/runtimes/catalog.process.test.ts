import assert from "node:assert/strict";
import { mkdir, mkdtemp, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { silentLog } from "#kit/log.ts";
import { RuntimeCatalog } from "./catalog.ts";
import { JavaHomes } from "./java-homes.ts";

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
  const moreFolders = { java: [join(folder, "jvm")], ruby: [join(folder, "rubies")] };
  return { catalog: new RuntimeCatalog({ ...options, moreFolders }), folder };
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

const ruby = (version: string): string => `printf '${version}\\n/real/ruby${version}\\n/real\\n'`;

test("a Ruby is found by its own word; the next newer one serves where there is none of the version", async (t) => {
  const { catalog, folder } = await open(t, {
    ruby: "exit 127",
    "ruby3.1": ruby("3.1"),
    "rubies/4.0/bin/ruby": ruby("4.0"),
    "rubies/3.4/bin/ruby": ruby("3.4"),
  });
  const start = await catalog.find("ruby3.3", "/code");
  assert.deepEqual([start.program, start.args, start.link], ["/real/ruby3.4", ["/product/runtimes/ruby/bootstrap.rb"], "frames"]);
  assert.deepEqual(start.variables({ task: "/var/task", layers: "/opt", hasFileSystems: true }), {
    GEM_PATH: "/var/task/vendor/bundle/ruby/3.3.0:/opt/ruby/gems/3.3.0",
    RUBYLIB: "/opt/ruby/lib",
  });
  assert.deepEqual(await catalog.survey("ruby3.4"), { state: "ready", found: "/real/ruby3.4" });
  assert.deepEqual(await catalog.survey("ruby3.3"), { state: "ready", found: "/real/ruby3.4, which is 3.4" });
  await rm(join(folder, "rubies"), { recursive: true });
  const { catalog: later } = await open(t, { "ruby3.1": ruby("3.1") });
  await assert.rejects(later.find("ruby3.2", "/code"), { reason: "runtime-missing", message: /ruby 3\.2 or newer on the PATH/ });
});

test("a Java that has no file to say what it is, is asked; one that does not run is none", async (t) => {
  const { folder } = await open(t, {
    "jvm/jre8/bin/java": "printf '    java.home = /real/jdk8/jre\\n    java.runtime.version = 1.8.0_452-b09\\n' >&2",
    "jvm/shim/bin/java": "exit 127",
  });
  const java = await new JavaHomes("", [join(folder, "jvm")]).find(8);
  assert.deepEqual([java.program, java.major, java.build], ["/real/jdk8/jre/bin/java", 8, "1.8.0_452-b09"]);
});

test("a survey says what is missing and how to get it", async (t) => {
  const { catalog } = await open(t, {});
  const java = await catalog.survey("java21");
  assert.ok(java.state === "missing" && /JDK or JRE 21 or newer/.test(java.remedy));
  assert.deepEqual(await catalog.survey("provided.al2023"), { state: "ready", found: "the function brings its own" });
  assert.equal((await catalog.survey("dotnet8")).state, "missing");
});

test("a custom runtime starts from its package", async (t) => {
  const { catalog, folder } = await open(t, { bootstrap: "" });
  const start = await catalog.find("provided.al2", folder);
  assert.deepEqual([start.program, start.link], [join(folder, "bootstrap"), "http"]);
});
