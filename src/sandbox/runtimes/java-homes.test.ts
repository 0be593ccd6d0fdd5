import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { JavaHomes } from "./java-homes.ts";

/** A folder of JDKs, each with what its file `release` says. */
async function open(t: TestContext, releases: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "java-homes-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, release] of Object.entries(releases)) {
    await mkdir(join(folder, name, "bin"), { recursive: true });
    await writeFile(join(folder, name, "bin/java"), "");
    await writeFile(join(folder, name, "release"), release);
  }
  return folder;
}

const releaseOf = (version: string, libc = "gnu"): string => `IMPLEMENTOR="Somebody"\nJAVA_RUNTIME_VERSION="${version}"\nLIBC="${libc}"\n`;

test("the Java of a version is found, else the next newer one", async (t) => {
  const folder = await open(t, { a: releaseOf("25.0.3+9-LTS"), b: releaseOf("17.0.15+6"), c: releaseOf("1.8.0_452-b09") });
  const homes = new JavaHomes("", [folder]);
  const found = await Promise.all([8, 11, 17, 21, 25].map((major) => homes.find(major)));
  assert.deepEqual(
    found.map(({ major }) => major),
    [8, 17, 17, 25, 25],
  );
  assert.deepEqual(found[2], {
    folder: join(folder, "b"),
    program: join(folder, "b/bin/java"),
    major: 17,
    build: "17.0.15+6",
    isMusl: false,
    linked: [],
  });
});

test("where there is none, the error says what to install; a later one is found", async (t) => {
  const folder = await open(t, { a: releaseOf("17.0.15+6") });
  const homes = new JavaHomes("", [folder]);
  await assert.rejects(homes.find(21), { name: "SandboxFailure", reason: "runtime-missing", message: /^Java 21 is missing.*adoptium/ });
  await mkdir(join(folder, "b/bin"), { recursive: true });
  await writeFile(join(folder, "b/bin/java"), "");
  await writeFile(join(folder, "b/release"), releaseOf("21", "musl"));
  assert.equal((await homes.find(21)).isMusl, true);
});

test("a link on the PATH is followed to its JDK, and counts once", async (t) => {
  const folder = await open(t, { "jvm/a": releaseOf("17.0.1"), "jvm/b": releaseOf("17.0.2") });
  await mkdir(join(folder, "path"));
  await symlink(join(folder, "jvm/b/bin/java"), join(folder, "path/java"));
  const homes = new JavaHomes(join(folder, "path"), [join(folder, "jvm")]);
  assert.equal((await homes.find(17)).build, "17.0.2", "what is on the PATH goes before what is elsewhere");
});

test("folders that a JDK's configuration is links to are named", async (t) => {
  const folder = await open(t, { a: releaseOf("17") });
  const links = {
    "conf/security/java.security": "/etc/java-17-openjdk/security/java.security",
    "lib/jvm.cfg": "/etc/java-17-openjdk/jvm.cfg",
    "lib/security/cacerts": "/etc/ssl/certs/java/cacerts",
    "lib/modules.link": "modules",
  };
  for (const [name, target] of Object.entries(links)) {
    await mkdir(dirname(join(folder, "a", name)), { recursive: true });
    await symlink(target, join(folder, "a", name));
  }
  assert.deepEqual((await new JavaHomes("", [folder]).find(17)).linked.toSorted(), ["/etc/java-17-openjdk", "/etc/ssl"]);
});
