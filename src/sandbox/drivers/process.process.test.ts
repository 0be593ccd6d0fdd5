import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";
import { processesMarked } from "../fixtures/real-sandbox.ts";
import type { LaunchOrder } from "./driver.ts";
import { sweepLeftovers } from "./leftovers.ts";
import { openProcessDriver } from "./process.ts";
import { SharedNetwork } from "./shared-network.ts";

const isLinux = process.platform === "linux";

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "driver-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function orderIn(folder: string, script: string): Promise<LaunchOrder> {
  const environment = join(folder, "env-1");
  await mkdir(join(environment, "tmp"), { recursive: true });
  return {
    program: "/bin/sh",
    args: ["-c", script],
    variables: { PATH: "/usr/bin:/bin" },
    folders: { environment, tmp: join(environment, "tmp"), task: folder, fileSystems: [], readable: [] },
    network: new SharedNetwork(),
    memoryMb: 128,
    ephemeralStorageMb: 512,
    wantsFrames: false,
  };
}

test("a program that is not there is told apart from one that fails", async (t) => {
  const folder = await folderFor(t);
  const driver = await openProcessDriver({ runFolder: folder, clock: systemClock, log: silentLog });
  const order = await orderIn(folder, "exit 4");
  await assert.rejects(driver.launch({ ...order, program: join(folder, "nothing") }), { name: "ProgramMissing" });
  const process = await driver.launch(order);
  assert.deepEqual(await process.exited, { code: 4, signal: null });
});

test("stopping is final: children, grandchildren and those in sessions of their own", { skip: !isLinux }, async (t) => {
  const folder = await folderFor(t);
  const driver = await openProcessDriver({ runFolder: folder, clock: systemClock, log: silentLog });
  const process = await driver.launch(await orderIn(folder, "sleep 1000 & setsid sleep 1000 & trap '' TERM; echo up; wait; sleep 1000"));
  await once(process.stdout, "data");
  while ((await processesMarked(folder)).length < 3) await pause(5);
  assert.ok(process.peakMemoryBytes() > 100_000);
  assert.deepEqual(await process.stop(), { code: null, signal: "SIGKILL" });
  assert.deepEqual(await processesMarked(folder), []);
});

test("what a killed daemon leaves behind dies with it, or at the next start", { skip: !isLinux }, async (t) => {
  const folder = await folderFor(t);
  const order = await orderIn(folder, "setsid sleep 1000 & echo up; sleep 1000");
  const daemon = spawn(process.execPath, ["--input-type=module", "-e", daemonScript(folder, order)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(daemon.stdout, "data");
  assert.ok((await processesMarked(folder)).length >= 2);
  daemon.kill("SIGKILL");
  await once(daemon, "exit");
  await sweepLeftovers(folder, silentLog);
  while ((await processesMarked(folder)).length > 0) await pause(5);
  assert.deepEqual(await readdir(folder), []);
});

function daemonScript(runFolder: string, order: LaunchOrder): string {
  const kit = new URL("../../kit/", import.meta.url);
  return `
    import { openProcessDriver } from ${JSON.stringify(new URL("process.ts", import.meta.url))};
    import { systemClock } from ${JSON.stringify(new URL("clock.ts", kit))};
    import { silentLog } from ${JSON.stringify(new URL("log.ts", kit))};
    import { mkdirSync } from "node:fs";
    const driver = await openProcessDriver({ runFolder: ${JSON.stringify(runFolder)}, clock: systemClock, log: silentLog });
    const order = ${JSON.stringify(order)};
    mkdirSync(order.folders.tmp, { recursive: true });
    const child = await driver.launch(order);
    child.stdout.pipe(process.stdout);
    setInterval(() => {}, 1000);`;
}

test("the description says loudly that nothing is isolated", async (t) => {
  const driver = await openProcessDriver({ runFolder: await folderFor(t), clock: systemClock, log: silentLog });
  const { isolates, isolation, advice } = driver.describe();
  assert.equal(isolates, false);
  assert.match(isolation, /^NONE/);
  assert.ok(advice.length > 0);
});

test("temporary files land in the environment's own folder, by TMPDIR or by a private /tmp", async (t) => {
  const folder = await folderFor(t);
  const driver = await openProcessDriver({ runFolder: folder, clock: systemClock, log: silentLog });
  const order = await orderIn(folder, 'echo x > "${TMPDIR:-/tmp}/file"; pwd');
  const process = await driver.launch(order);
  const [output] = (await once(process.stdout, "data")) as [Buffer];
  await process.exited;
  await access(join(order.folders.tmp, "file"));
  assert.equal(output.toString(), `${driver.places(order.folders).task}\n`);
});

test("code, layers and file systems lie where the driver says, and only the file systems can be written to", async (t) => {
  const folder = await folderFor(t);
  const driver = await openProcessDriver({ runFolder: folder, clock: systemClock, log: silentLog });
  const [task, layers, share] = ["task", "layers", "share"].map((name) => join(folder, name)) as [string, string, string];
  await mkdir(join(layers, "bin"), { recursive: true });
  await mkdir(task);
  await writeFile(join(layers, "bin", "tool"), '#!/bin/sh\necho "tool at $0"\n', { mode: 0o755 });
  await mkdir(share);
  const order = await orderIn(folder, "");
  const folders = { ...order.folders, task, layers, fileSystems: [{ folder: share, mountPath: "/mnt/share" }] };
  const places = driver.places(folders);
  const run = async (program: string, ...args: string[]): Promise<string> => {
    const launched = await driver.launch({ ...order, program, args, folders });
    // An environment launches again only when its last process is gone, with whatever that one started.
    const [output] = await Promise.all([text(launched.stdout), launched.exited]);
    return output;
  };
  assert.equal(await run(join(layers, "bin", "tool")), `tool at ${places.layers}/bin/tool\n`);
  if (!places.hasFileSystems) return t.skip("mounting is not allowed here");
  assert.deepEqual(places, { task: "/var/task", layers: "/opt", hasFileSystems: true });
  const attempt = (path: string): string => `echo x 2>&- > ${path} && echo ${path}`;
  assert.equal(await run("/bin/sh", "-c", ["/var/task/x", "/opt/x", "/mnt/share/x"].map(attempt).join("; ")), "/mnt/share/x\n");
  assert.deepEqual(await readdir(share), ["x"]);
  assert.equal(await run("/bin/ls", "/mnt"), "share\n");
});

test("what a place would hide of the program keeps the place free", async (t) => {
  const folder = await folderFor(t);
  const driver = await openProcessDriver({ runFolder: folder, clock: systemClock, log: silentLog });
  const { folders } = await orderIn(folder, "");
  assert.equal(driver.places({ ...folders, layers: "/layers", readable: ["/opt/node/bin"] }).layers, "/layers");
});
