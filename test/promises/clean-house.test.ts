/** Whatever of the driver that isolates is killed: what depended on it ends, the next invocation is served, and nothing is left behind. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hasCompiler } from "#sandbox/fixtures/native.ts";
import { createFunction, eventually, payloadOf } from "#test/functions.ts";
import { isolatingDrivers } from "#test/oci.ts";
import { connect, createFunctionRole, type Product, spawnProduct, startProduct } from "#test/product.ts";
import { processesTitled } from "#test/titled-processes.ts";
import { canIsolate, cgroupsOf, descendantsOf, loopDevicesOf, processesOf } from "#test/traces.ts";

const skip = !canIsolate && "takes Linux on x86-64, and root";

/** A function with a title, and a child that has left its session and group. */
const withChild = (title: string): string => `
  process.title = "${title}";
  require("node:child_process").spawn("/bin/sleep", ["1000"], { argv0: "${title}-child", detached: true, stdio: "ignore" }).unref();
  const id = Math.random();
  exports.handler = async (waitMs) => { await new Promise((resolve) => setTimeout(resolve, waitMs)); return id; };`;

const familyOf = async (title: string): Promise<number[]> => [
  ...(await processesTitled(title)),
  ...(await processesTitled(`${title}-child 1000`)),
];

const isEmpty = ({ length }: readonly unknown[]): boolean => length === 0;

describe("a killed process of an environment", { skip }, () => {
  let product: Product;
  before(async () => {
    product = await startProduct({}, "--isolation", "namespaces");
    await createFunction(product.lambda, "victim", withChild("pl-victim"), { MemorySize: 512 });
    await createFunction(product.lambda, "neighbour", "let count = 0; exports.handler = async () => ++count;", { MemorySize: 512 });
    await invoke("neighbour");
  });
  after(() => product[Symbol.asyncDispose]());

  const invoke = async (name: string, event: unknown = 0): Promise<unknown> =>
    payloadOf(await product.lambda.invoke({ FunctionName: name, Payload: JSON.stringify(event) }));

  let visits = 1;
  const roles: Record<string, () => Promise<number>> = {
    "the function": async () => (await processesTitled("pl-victim"))[0]!,
    "the process that waits for it": async () => parentOf((await processesTitled("pl-victim"))[0]!),
    "the first process of its namespace": async () => {
      const victim = (await processesTitled("pl-victim"))[0]!;
      const waiter = parentOf(victim);
      return descendantsOf(waiter).find(({ pid, parent }) => parent === waiter && pid !== victim)!.pid;
    },
  };
  const parentOf = (pid: number): number => descendantsOf(process.pid).find((descendant) => descendant.pid === pid)!.parent;

  for (const [name, find] of Object.entries(roles)) {
    for (const isRunning of [true, false]) {
      test(`${name}, ${isRunning ? "during an invocation" : "between two"}, takes all of it along`, async () => {
        const id = await invoke("victim");
        assert.equal((await familyOf("pl-victim")).length, 2);
        const running = isRunning ? invoke("victim", 5_000) : undefined;
        if (isRunning) await delay(100);
        process.kill(await find(), "SIGKILL");
        if (running) assert.equal(((await running) as { errorType: string }).errorType, "Runtime.ExitError");
        await eventually(() => familyOf("pl-victim"), isEmpty);
        assert.notEqual(await invoke("victim"), id);
        assert.equal(await invoke("neighbour"), ++visits);
      });
    }
  }

  test(
    "the launcher takes all along that it has started, and is started again",
    { skip: !hasCompiler() && "takes a C compiler" },
    async () => {
      const launchers = (): number[] =>
        descendantsOf(process.pid).flatMap(({ pid, parent, command }) =>
          parent === process.pid && /launcher-x64-\w+ \d+$/.test(command) ? [pid] : [],
        );
      // What was started again, after an end, is not the launcher's.
      await createFunction(product.lambda, "launched", withChild("pl-launched"), { MemorySize: 512 });
      const id = await invoke("launched");
      const [launcher] = launchers();
      process.kill(launcher!, "SIGKILL");
      await eventually(() => familyOf("pl-launched"), isEmpty);
      assert.notEqual(await invoke("launched"), id);
      await eventually(
        async () => launchers(),
        (found) => found.length === 1 && found[0] !== launcher,
      );
      await invoke("neighbour");
      visits = 1;
    },
  );

  test("the one that holds the file system of all: those that run go on, and new ones get another", async () => {
    const holders = descendantsOf(process.pid).filter(
      ({ parent, command }) => parent === process.pid && command.endsWith("sleep infinity"),
    );
    assert.ok(holders.length > 0);
    const id = await invoke("victim");
    for (const { pid } of holders) process.kill(pid, "SIGKILL");
    assert.equal(await invoke("victim"), id);
    assert.equal(await invoke("neighbour"), ++visits);
    await createFunction(product.lambda, "late", "exports.handler = async () => 1;", { MemorySize: 512 });
    assert.equal(await invoke("late"), 1);
  });
});

for (const driver of isolatingDrivers)
  describe(`a killed daemon with functions on ${driver.isolation}`, { skip: driver.skip }, () => {
    let dataFolder: string;
    before(async () => {
      dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-killed-"));
    });
    after(() => rm(dataFolder, { recursive: true, force: true }));

    const start = async (t: { after(action: () => void): void }) => {
      const product = await spawnProduct(dataFolder, "--isolation", driver.isolation, "--standbys", "2");
      t.after(() => product.process.kill("SIGKILL"));
      return { product, pid: product.process.pid!, ...connect(product.endpoint) };
    };

    test("takes what is idle, what runs and what is starting along, and the next one finds a clean house", async (t) => {
      const first = await start(t);
      await createFunctionRole(first);
      await createFunction(first.lambda, "orphan", withChild("pl-orphan"), { MemorySize: 512 });
      await createFunction(first.lambda, "slow-start", "require('node:child_process').execSync('sleep 5');");
      const invoke = (FunctionName: string, event: number) => first.lambda.invoke({ FunctionName, Payload: JSON.stringify(event) });
      assert.equal((await invoke("orphan", 0)).FunctionError, undefined);
      const unanswered = ["orphan", "orphan", "slow-start"].map((name) => invoke(name, 5_000).catch(() => {}));
      await eventually(
        async () => cgroupsOf(first.pid).length,
        (count) => count > 2,
      );
      assert.notDeepEqual(await processesTitled("pl-orphan"), []);
      assert.notDeepEqual(loopDevicesOf(dataFolder), []);
      assert.notDeepEqual(processesOf(first.pid), []);
      const all = descendantsOf(first.pid).map(({ pid }) => pid);

      first.product.process.kill("SIGKILL");
      await once(first.product.process, "exit");
      await Promise.all(unanswered);
      await eventually(
        async () => [...(await familyOf("pl-orphan")), ...processesOf(first.pid), ...all.filter(isAlive), ...loopDevicesOf(dataFolder)],
        isEmpty,
      );

      const second = await start(t);
      assert.deepEqual(cgroupsOf(first.pid), []);
      assert.deepEqual(
        (await readdir(join(dataFolder, "run"))).filter((name) => name.startsWith("env-")),
        [],
      );
      assert.equal((await second.lambda.invoke({ FunctionName: "orphan", Payload: "0" })).FunctionError, undefined);
      second.product.process.kill("SIGTERM");
      await once(second.product.process, "exit");
      assert.deepEqual(cgroupsOf(second.pid), []);
      assert.deepEqual(await familyOf("pl-orphan"), []);
      await eventually(async () => loopDevicesOf(dataFolder), isEmpty);
    });

    test("that was killed while it built or destroyed an environment leaves no more than one that was killed at leisure", async (t) => {
      for (const delayMs of [20, 60, 120]) {
        const victim = await start(t);
        const answers = ["orphan", "slow-start"].map((FunctionName) =>
          victim.lambda.invoke({ FunctionName, Payload: "0" }).catch(() => {}),
        );
        await delay(delayMs);
        const all = descendantsOf(victim.pid).map(({ pid }) => pid);
        victim.product.process.kill("SIGKILL");
        await once(victim.product.process, "exit");
        await Promise.all(answers);
        await eventually(async () => [...all.filter(isAlive), ...processesOf(victim.pid), ...loopDevicesOf(dataFolder)], isEmpty);
        const next = await start(t);
        assert.deepEqual(cgroupsOf(victim.pid), []);
        next.product.process.kill("SIGTERM");
        await once(next.product.process, "exit");
      }
    });
  });

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
