/**
 * What a function may use, by numbers: memory, processor, /tmp. The short form checks what holds on a busy machine too; `npm run test:long` also
 * waits until the machine has been quiet for long enough to see each share of the processor arrive in full.
 */
import assert from "node:assert/strict";
import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { CreateFunctionCommandInput } from "@aws-sdk/client-lambda";
import { createFunction, payloadOf, tailOf } from "#test/functions.ts";
import { long } from "#test/long.ts";
import { type Product, startProduct } from "#test/product.ts";
import { canIsolate, cgroupValues } from "#test/traces.ts";

const mebibyte = 1024 * 1024;

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const memoryMbPerCpu = 1_769;

/** Ways to hold memory that an accountant might overlook: each takes one MiB more, `block` or as much of the like. */
const hoards: Record<string, string> = {
  "its own heap": "kept.push(Buffer.from(block));",
  "anonymous memory to be shared": "c.memset(c.mmap(0n, size, 3, 0x21, -1, 0n), 1, size);",
  "shared memory of System V": "c.memset(c.shmat(c.shmget(0, size, 0o1600), 0n, 0), 1, size);",
  "shared memory of System V that it lets go of":
    "const at = c.shmat(c.shmget(0, size, 0o1600), 0n, 0); c.memset(at, 1, size); c.shmdt(at);",
  "a file in memory": `kept[0] ??= c.memfd_create(Buffer.from("hoard\\0"), 0); fs.writeSync(kept[0], block);`,
  "the memory of its children": `
    const child = spawn("/usr/bin/tail", ["-c", String(MiB)], { stdio: ["pipe", "ignore", "ignore"] });
    await new Promise((resolve) => child.stdin.on("error", resolve).write(block, resolve));`,
};

/** Ways that come to an end of their own before the memory does. */
const boundedHoards: Record<string, string> = {
  pipes: `
    const ends = Buffer.alloc(8);
    if (c.pipe2(ends, 0o4000) !== 0) throw new Error("no more pipes");
    c.fcntl(ends.readInt32LE(4), 1031, MiB);
    for (let n = 0; n < MiB; ) n += fs.writeSync(ends.readInt32LE(4), block, 0, 65536);`,
  "the buffers of sockets": `
    for (let n = 0; n < MiB; ) {
      const ends = Buffer.alloc(8);
      if (c.socketpair(1, 1 | 0o4000, 0, ends) !== 0) throw new Error("no more sockets");
      try { for (;;) n += fs.writeSync(ends.readInt32LE(0), block, 0, 65536); } catch {}
    }`,
};

const hoarder = (take: string): string => `
  const fs = require("node:fs");
  const { spawn } = require("node:child_process");
  const MiB = 1048576, size = BigInt(MiB), block = Buffer.alloc(MiB, 1), kept = [];
  const c = require("node:ffi").dlopen("libc.so.6", {
    mmap: { arguments: ["i64", "u64", "i32", "i32", "i32", "i64"], return: "i64" },
    memset: { arguments: ["i64", "i32", "u64"], return: "i64" },
    shmget: { arguments: ["i32", "u64", "i32"], return: "i32" },
    shmat: { arguments: ["i32", "i64", "i32"], return: "i64" },
    shmdt: { arguments: ["i64"], return: "i32" },
    memfd_create: { arguments: ["buffer", "u32"], return: "i32" },
    pipe2: { arguments: ["buffer", "i32"], return: "i32" },
    socketpair: { arguments: ["i32", "i32", "i32", "buffer"], return: "i32" },
    fcntl: { arguments: ["i32", "i32", "i32"], return: "i32" },
  }).functions;
  exports.handler = async () => {
    for (let taken = 0; taken < 256; taken++) {
      console.log("holds", taken);
      ${take}
    }
    return "too much";
  };`;

/** The program that measures: how much of a processor it gets, over stretches long enough to hold many of the scheduler's periods. */
const meter = `
  const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
  const share = (ms) => {
    const [start, before] = [performance.now(), used()];
    while (performance.now() - start < ms);
    return (used() - before) / (performance.now() - start);
  };
  const atInit = share(200);
  exports.handler = async () => ({ atInit, shares: Array.from({ length: 4 }, () => share(400)) });`;

describe("a function", { skip: !canIsolate && "takes Linux on x86-64, and root" }, () => {
  let product: Product;
  before(async () => {
    product = await startProduct({}, "--isolation", "namespaces");
  });
  after(() => product[Symbol.asyncDispose]());

  let count = 0;
  /** Creates a function and returns what calls it. */
  async function make(source: string, settings: Partial<CreateFunctionCommandInput>) {
    const name = `limited-${count++}`;
    await createFunction(product.lambda, name, source, { Timeout: 60, ...settings });
    return async (event: unknown = null) => {
      const answer = await product.lambda.invoke({ FunctionName: name, Payload: JSON.stringify(event), LogType: "Tail" });
      const tail = tailOf(answer);
      return {
        payload: payloadOf(answer) as any,
        heldMb: Number([...tail.matchAll(/holds (\d+)/g)].at(-1)?.[1] ?? 0),
        peakMb: Number(/Max Memory Used: (\d+) MB/.exec(tail)?.[1]),
      };
    };
  }

  // Each waits for its small share of the processor most of the time.
  describe("of 128 MB does not get 129 by", { concurrency: 4 }, () => {
    for (const [name, take] of Object.entries(hoards)) {
      test(name, async () => {
        const { payload, heldMb, peakMb } = await (await make(hoarder(take), { MemorySize: 128 }))();
        assert.equal(payload.errorType, "Runtime.ExitError");
        assert.match(payload.errorMessage, /Error: Runtime exited with error: signal: killed$/);
        assert.equal(peakMb, 128);
        assert.ok(heldMb > 32 && heldMb < 128, `it held ${heldMb} MiB`);
      });
    }

    for (const [name, take] of Object.entries(boundedHoards)) {
      test(name, async () => {
        const { payload, heldMb, peakMb } = await (await make(hoarder(take), { MemorySize: 128 }))();
        assert.ok(payload.errorType !== undefined, "it came to no end");
        assert.ok(peakMb <= 128 && heldMb < 128, `it held ${heldMb} MiB`);
        assert.ok(heldMb > 2, `it held ${heldMb} MiB`);
      });
    }
  });

  test("of 128 MB cannot make the kernel hold more than a little in connections that nobody reads", async () => {
    const source = `const net = require("node:net");
      const block = Buffer.alloc(16 * 1048576);
      exports.handler = async () => {
        const server = net.createServer({ pauseOnConnect: true });
        await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
        const senders = Array.from({ length: 64 }, () => net.connect(server.address().port, "127.0.0.1"));
        for (const sender of senders) sender.on("error", () => {}).write(block);
        await new Promise((resolve) => setTimeout(resolve, 2000));
        // What libuv still has to send lies in one block of ours; the rest is the kernel's.
        const held = senders.reduce((sum, { _handle }) => sum + block.length - _handle.writeQueueSize, 0);
        for (const sender of senders) sender.destroy();
        return held / 1048576;
      };`;
    const { payload } = await (await make(source, { MemorySize: 128 }))();
    assert.ok(payload > 1 && payload < 64, `the kernel held ${JSON.stringify(payload)} MB`);
  });

  test("of 128 MB may read and write files of any size, since what the kernel remembers of them gives way", async () => {
    const source = `
      const fs = require("node:fs");
      exports.handler = async () => {
        const block = Buffer.alloc(1048576, 1), file = fs.openSync("/tmp/large", "w+");
        for (let n = 0; n < 300; n++) fs.writeSync(file, block);
        fs.fsyncSync(file);
        let size = 0;
        for (let n; (n = fs.readSync(file, block, 0, block.length, size)) > 0; size += n);
        return size;
      };`;
    const { payload, peakMb } = await (await make(source, { MemorySize: 128 }))();
    assert.equal(payload, 300 * mebibyte);
    assert.ok(peakMb <= 128);
  });

  test("has the limits of its memory to the byte, and no swap", async () => {
    const invoke = await make("exports.handler = async () => 1;", { MemorySize: 131 });
    await invoke();
    const limits = [...cgroupValues(process.pid, "memory.limit_in_bytes"), ...cgroupValues(process.pid, "memory.max")];
    assert.ok(limits.includes(String(131 * mebibyte)), limits.join());
    const withSwap = cgroupValues(process.pid, "memory.memsw.limit_in_bytes");
    if (withSwap.length > 0) assert.ok(withSwap.includes(String(131 * mebibyte)), withSwap.join());
    for (const swap of cgroupValues(process.pid, "memory.swap.max")) assert.equal(swap, "0");
  });

  test("has a share of the processor that is its memory's of 1,769 MB, once it has initialised", async () => {
    for (const [memoryMb, quotaUs] of Object.entries({ 256: 2_894, 885: 10_006, 1_769: 20_000, 3_538: 40_000 })) {
      const invoke = await make("exports.handler = async () => 1;", { MemorySize: Number(memoryMb) });
      await invoke();
      const quotas = [
        ...cgroupValues(process.pid, "cpu.cfs_quota_us"),
        ...cgroupValues(process.pid, "cpu.max").map((text) => text.split(" ")[0]),
      ];
      assert.ok(quotas.includes(String(quotaUs)), `${quotaUs} should be among ${quotas.join()}`);
    }
  });

  /**
   * A share can be lost to other programs and never be exceeded: so the largest of many is the function's own. The short form waits for half of
   * it only, and knows from the smallest function that initialisation is not held back.
   */
  test("gets its share of the processor and no more", async () => {
    const wanted = [256, 885, 1_769].map((memoryMb) => ({ memoryMb, share: memoryMb / memoryMbPerCpu, largest: 0 }));
    const [least, attempts] = long ? [0.85, 60] : [0.5, 3];
    let largestAtInit = 0;
    for (const goal of wanted) {
      const invoke = await make(meter, { MemorySize: goal.memoryMb });
      for (let attempt = 0; attempt < attempts && goal.largest < goal.share * least; attempt++) {
        const { atInit, shares } = (await invoke()).payload as { atInit: number; shares: number[] };
        goal.largest = Math.max(goal.largest, ...shares);
        if (goal.memoryMb === 256) largestAtInit = atInit;
      }
      assert.ok(goal.largest < goal.share * 1.15, `${goal.memoryMb} MB got ${goal.largest} of a processor`);
      // Other programs may take all that is beyond the smallest share.
      if (long || goal.memoryMb === 256)
        assert.ok(goal.largest > goal.share * least, `${goal.memoryMb} MB got ${goal.largest} of a processor`);
    }
    assert.ok(largestAtInit > wanted[0]!.share * 1.5, `the initialisation got ${largestAtInit} of a processor`);
  });

  for (const sizeMb of [512, 513, 10_240]) {
    test(`with a /tmp of ${sizeMb} MB has that and no more`, async () => {
      const source = `
        const { execSync } = require("node:child_process");
        const takes = (mib) => {
          try { execSync("fallocate -l " + mib + "M /tmp/full", { stdio: "pipe" }); return true; }
          catch (error) { return String(error.stderr).trim(); }
          finally { execSync("rm -f /tmp/full"); }
        };
        exports.handler = async (mib) => [takes(mib), takes(mib + 1), Number(execSync("df --output=itotal /tmp | tail -1"))];`;
      const invoke = await make(source, { MemorySize: 1769, EphemeralStorage: { Size: sizeMb } });
      const [all, more, files] = (await invoke(sizeMb)).payload as [unknown, unknown, number];
      assert.equal(all, true);
      assert.match(String(more), /No space left on device/);
      assert.ok(files >= sizeMb * 16 && files < sizeMb * 80, `${files} files`);
    });
  }

  test("takes of the disk only what it has written", async () => {
    const invoke = await make("exports.handler = async () => 1;", { EphemeralStorage: { Size: 10_240 } });
    await invoke();
    const images = globSync(join(product.dataFolder, "run/*/tmp-image")).map((path) => statSync(path));
    const largest = images.reduce((a, b) => (a.size > b.size ? a : b));
    assert.ok(largest.size > 10_240 * mebibyte);
    assert.ok(largest.blocks * 512 < 32 * mebibyte, `${largest.blocks * 512} bytes`);
  });
});
