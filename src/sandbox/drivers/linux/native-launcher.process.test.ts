import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, describe, test } from "node:test";
import { silentLog } from "#kit/log.ts";
import type { LaunchOrder } from "../driver.ts";
import type { LaunchSite } from "./launch-script.ts";
import type { LaunchServer } from "./launch-server.ts";
import { dismissOrder, forkServerOrder, NativeLauncher, nativeOrder } from "./native-launcher.ts";
import { SharedNetwork } from "../shared-network.ts";

const nativeFolder = resolve(import.meta.dirname, "../../../../native");
const hasCompiler = spawnSync("cc", ["--version"]).status === 0;
const folder = await mkdtemp(join(tmpdir(), "native-"));
after(() => rm(folder, { recursive: true, force: true }));

const site: LaunchSite = {
  tools: {} as LaunchSite["tools"],
  holder: 12,
  root: "/run/root",
  groupDoors: ["/sys/fs/cgroup/memory/pilotlight/1/cgroup.procs"],
  uid: 1_879_048_192,
  tmp: { source: "/run/env-1/tmp-image", type: "ext4", options: "" },
  readable: [],
  passwd: "/run/env-1/passwd",
  hasSeccomp: true,
  extraGroups: [5],
  isRootless: false,
};
const order: LaunchOrder = {
  program: "/var/task/bootstrap",
  args: ["--flag"],
  variables: {},
  folders: {
    environment: "/run/env-1",
    tmp: "/run/env-1/tmp",
    task: "/code",
    layers: "/layers",
    fileSystems: [{ folder: "/shared", mountPath: "/mnt/shared" }],
    readable: [],
  },
  network: new SharedNetwork(),
  memoryMb: 128,
  ephemeralStorageMb: 512,
  wantsFrames: true,
};
const good = nativeOrder(site, order.folders, { program: order.program, args: order.args, variables: { NAME: "value", EMPTY: "" } }, true);
const forked = nativeOrder(site, order.folders, { forkedBy: 3 }, true);

/** Numbers below `limit`, the same in each run: xorshift. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** The order with bytes changed, cut out, doubled or made up. */
function mutated(next: (limit: number) => number): Buffer {
  const bytes = Buffer.from(good);
  for (let count = 1 + next(8); count > 0; count--) bytes[next(bytes.length)] = next(4) === 0 ? 0 : next(256);
  const [from, to] = [next(bytes.length), next(bytes.length)];
  return [bytes, bytes.subarray(0, from), bytes.subarray(from), Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])][
    next(4)
  ] as Buffer;
}

describe("the native launcher", { skip: !hasCompiler && "takes a C compiler" }, () => {
  test("its parser stands whatever bytes come", (t) => {
    const program = join(folder, "fuzz");
    const flags = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DFROM_INPUT"];
    if (spawnSync("cc", [...flags, "-o", program, join(nativeFolder, "fuzz.c")]).status !== 0)
      return t.skip("the compiler has no sanitizers");
    const next = numbers(20_261_121);
    const orders = [
      good,
      forked,
      forkServerOrder(site, 3, "/native", { program: "/node", args: [], variables: {} }),
      dismissOrder(3),
      Buffer.alloc(0),
      ...Array.from({ length: 20_000 }, () => mutated(next)),
    ];
    const input = Buffer.concat(
      orders.flatMap((bytes) => {
        const length = Buffer.alloc(4);
        length.writeUInt32LE(bytes.length);
        return [length, bytes];
      }),
    );
    const { status, stderr } = spawnSync(program, { input, timeout: 60_000 });
    assert.equal(status, 0, stderr.toString().slice(0, 2_000));
  });

  test("is compiled once, is used when it has proved itself, and refuses what is no order", async () => {
    const kept = join(folder, "kept");
    const used = Promise.withResolvers<void>();
    const log = { ...silentLog, debug: () => used.resolve() };
    const isTried = Promise.withResolvers<LaunchServer>();
    const launcher = new NativeLauncher(kept, log, async (tried) => {
      isTried.resolve(tried);
      return undefined;
    });
    assert.equal(launcher.server, undefined);
    const [server] = await Promise.all([isTried.promise, used.promise]);
    assert.equal(launcher.server, server);
    try {
      for (const bytes of [Buffer.alloc(0), Buffer.from("rubbish"), good.subarray(0, good.length - 1), forked, Buffer.alloc(1 << 20)]) {
        await assert.rejects(server.launch(bytes, { wantsFrames: true }), /the launcher refused an order/);
      }
    } finally {
      await launcher.close();
    }
    assert.equal(launcher.server, undefined);
    await assert.rejects(server.launch(good, { wantsFrames: true }), /has ended/);
  });

  test("is not used when a trial fails", async () => {
    const told = Promise.withResolvers<void>();
    const launcher = new NativeLauncher(join(folder, "kept"), { ...silentLog, debug: () => told.resolve() }, async () => "no such call");
    await told.promise;
    assert.equal(launcher.server, undefined);
    assert.equal(launcher.complaint, "no such call");
    await launcher.close();
  });
});
