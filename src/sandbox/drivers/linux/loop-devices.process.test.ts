/** Which loop devices the native launcher takes for /tmp: those of launches before, and never somebody else's. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { promisify } from "node:util";
import { canIsolate } from "#test/traces.ts";
import { openLoneDriver } from "../../fixtures/namespace-driver.ts";
import { hasCompiler } from "../../fixtures/native.ts";
import type { Driver } from "../driver.ts";
import { findProgram } from "../system-programs.ts";

const losetup = await findProgram("losetup");
const canRun = canIsolate && hasCompiler() && losetup !== undefined && (await findProgram("mkfs.ext4")) !== undefined;
const run = promisify(execFile);

/** Line of /proc/mounts that tells of a launch's /tmp. */
async function tmpOf(driver: Driver, folder: string, number: number): Promise<string> {
  const environment = join(folder, `env-${number}`);
  const network = driver.openNetwork();
  try {
    const launched = await driver.launch({
      program: "/bin/sh",
      args: ["-c", "while read -r line; do case $line in *' /tmp '*) echo \"$line\" ;; esac; done < /proc/mounts"],
      variables: {},
      folders: { environment, tmp: join(environment, "tmp"), task: join(folder, "code"), fileSystems: [], readable: [] },
      network,
      memoryMb: 128,
      ephemeralStorageMb: 512,
      wantsFrames: false,
    });
    const [output, complaint] = await Promise.all([text(launched.stdout), text(launched.stderr), launched.exited]);
    await launched.stop();
    return output.trim() || complaint;
  } finally {
    network.close();
    await rm(environment, { recursive: true, force: true });
  }
}

const deviceOf = (line: string): number => Number(/^\/dev\/loop(\d+) /.exec(line)?.[1] ?? assert.fail(line));

test(
  "loop devices are used again, and those of others are left alone",
  { skip: !canRun && "takes Linux on x86-64, root, a C compiler, losetup and mkfs.ext4" },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "loop-devices-"));
    const driver = await openLoneDriver(folder, { usesForkServers: false });
    const taken: number[] = [];
    t.after(async () => {
      for (const number of taken) await run(losetup as string, ["-d", `/dev/loop${number}`]);
      await driver[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });
    await mkdir(join(folder, "code"));
    let count = 0;
    // The chain of programs mounts another way: the launcher has not proved itself yet.
    while (!(await tmpOf(driver, folder, count++)).includes("nobarrier")) assert.ok(count < 200, "the native launcher is not used");
    const used = new Set<number>();
    for (let launch = 0; launch < 40; launch++) used.add(deviceOf(await tmpOf(driver, folder, count++)));
    // Others may take some of them meanwhile.
    assert.ok(used.size < 40);

    const file = join(folder, "disk");
    await writeFile(file, Buffer.alloc(1 << 20));
    for (const number of used) {
      // It may be somebody else's by now.
      await run(losetup as string, [`/dev/loop${number}`, file]).then(
        () => taken.push(number),
        () => {},
      );
    }
    assert.ok(taken.length > 0);
    for (let launch = 0; launch < taken.length; launch++) assert.ok(!taken.includes(deviceOf(await tmpOf(driver, folder, count++))));
  },
);
