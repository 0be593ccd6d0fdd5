import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { silentLog } from "#kit/log.ts";
import { zipOf } from "#test/packages.ts";
import { JavaClient } from "./java-client.ts";
import type { JavaHome } from "./java-homes.ts";

/** A client whose repository is a server of ours, and whose Java is a script. */
async function open(t: TestContext, served: (path: string, jar: Buffer) => Buffer | undefined, script: string) {
  const folder = await mkdtemp(join(tmpdir(), "java-client-"));
  const jar = await zipOf({ "jni/libaws-lambda-jni.linux-x86_64.so": "native", "A.class": "class" });
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.headers.authorization} ${request.url}`);
    const body = served(request.url!, jar);
    response.writeHead(body ? 200 : 404).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const sha256 = createHash("sha256").update(jar).digest("hex");
  const libraries = ["g/client/1/client-1.jar", "g/core/1/core-1.jar"].map((path) => ({ path, sha256, sizeBytes: jar.length }));
  const librariesFile = join(folder, "libraries.json");
  await writeFile(librariesFile, JSON.stringify({ client: "1", libraries }));
  await mkdir(join(folder, "lib/server"), { recursive: true });
  await writeFile(join(folder, "lib/server/classes.jsa"), "");
  await writeFile(join(folder, "java"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const java: JavaHome = { folder, program: join(folder, "java"), major: 17, build: "17+1", isMusl: false, linked: [] };
  const toolchainFolder = join(folder, "toolchains");
  await mkdir(toolchainFolder);
  const repositoryUrl = `http://us%40er:secret@127.0.0.1:${(server.address() as AddressInfo).port}/maven2/`;
  const client = (): JavaClient => new JavaClient({ librariesFile, toolchainFolder, repositoryUrl, log: silentLog });
  return { client, java, requests, kept: join(toolchainFolder, "java-client-1") };
}

/** Writes the archive that it is told to write, and fails afterwards, as the real one does. */
const archiver = `for arg; do case $arg in -XX:ArchiveClassesAtExit=*) echo archive > "\${arg#*=}" ;; esac; done; exit 1`;

test("the libraries are fetched once, checked, unpacked and archived", async (t) => {
  const { client, java, requests, kept } = await open(t, (_, jar) => jar, archiver);
  const first = client();
  assert.equal(await first.isHere(), false);
  const [prepared] = await Promise.all([first.prepare(java), first.prepare(java)]);
  const key = `Basic ${btoa("us@er:secret")}`;
  assert.deepEqual(requests, [`${key} /maven2/g/client/1/client-1.jar`, `${key} /maven2/g/core/1/core-1.jar`]);
  assert.equal(prepared.classPath, `${kept}/client-1.jar:${kept}/core-1.jar`);
  assert.match(prepared.nativeLibrary, /jni\/libaws-lambda-jni\.linux-(x86_64|aarch_64)\.so$/);
  await access(join(kept, "jni/libaws-lambda-jni.linux-x86_64.so"));
  assert.equal(await readFile(prepared.archive!, "utf8"), "archive\n");
  const later = client();
  assert.equal(await later.isHere(), true);
  assert.deepEqual(await later.prepare(java), prepared);
  assert.equal(requests.length, 2);
  assert.equal((await readdir(kept)).length, 4, "nothing half-made is left behind");
});

test("a Java without an archive of its own classes gets one, to which the client's is added", async (t) => {
  const both = `case "$*" in
    *-Xshare:dump*) for arg; do case $arg in -XX:SharedArchiveFile=*) echo base > "\${arg#*=}" ;; esac; done ;;
    *-XX:SharedArchiveFile=*/java-*.jsa*) ${archiver} ;;
  esac`;
  const { client, java, kept } = await open(t, (_, jar) => jar, both);
  await rm(join(java.folder, "lib/server/classes.jsa"));
  const { archive } = await client().prepare(java);
  const [base, own] = archive!.split(":") as [string, string];
  assert.deepEqual([await readFile(base, "utf8"), await readFile(own, "utf8")], ["base\n", "archive\n"]);
  assert.equal((await client().prepare(java)).archive, archive);
  assert.equal((await readdir(kept)).length, 5, "nothing half-made is left behind");
});

test("a Java that cannot archive, or writes none, starts without", async (t) => {
  const { client, java } = await open(t, (_, jar) => jar, "exit 1");
  assert.equal((await client().prepare(java)).archive, undefined);
  assert.equal((await client().prepare({ ...java, major: 11 })).archive, undefined);
});

test("what cannot be had, or is not what was published, is refused, and tried again later", async (t) => {
  let answer: Buffer | undefined;
  const { client, java, kept } = await open(t, (path, jar) => (path.includes("/core/") ? answer : jar), archiver);
  const own = client();
  const missing = { name: "SandboxFailure", reason: "runtime-missing" };
  await assert.rejects(own.prepare(java), {
    ...missing,
    message: /http:\/\/127.*core-1\.jar cannot be had \(HTTP 404\).*--maven-repository/,
  });
  answer = Buffer.from("something else");
  await assert.rejects(own.prepare(java), { ...missing, message: /core-1\.jar is not the file that was published/ });
  answer = Buffer.alloc(1_000_000);
  await assert.rejects(own.prepare(java), { ...missing, message: /more than \d+ bytes/ });
  assert.deepEqual(await readdir(kept), ["client-1.jar"]);
  answer = await readFile(join(kept, "client-1.jar"));
  assert.ok((await own.prepare(java)).archive);
});
