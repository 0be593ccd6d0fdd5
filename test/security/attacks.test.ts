/**
 * Hostile functions against the driver that isolates. Every attack fails, the neighbour does not notice, and at the end nothing is left: no process,
 * no control group, no loop device, no file.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { createFunction, eventually, payloadOf } from "#test/functions.ts";
import { connect, createFunctionRole, type Product, spawnProduct, startProduct } from "#test/product.ts";
import { processesTitled } from "#test/titled-processes.ts";
import { attackerSource, attacks, type Target } from "./attack-list.ts";

const isServed = process.platform === "linux" && process.getuid?.() === 0 && process.arch === "x64";

/** Loop devices of files in the folder, also of those that were deleted. */
const loopDevicesOf = (folder: string): string[] =>
  readdirSync("/sys/block")
    .map((device) => join("/sys/block", device, "loop/backing_file"))
    .filter((file) => existsSync(file) && readFileSync(file, "utf8").startsWith(folder));

const cgroupsOf = (pid: number): string[] => globSync([`/sys/fs/cgroup/*/pilotlight/${pid}-*`, `/sys/fs/cgroup/pilotlight/${pid}-*`]);

/** What files of that name hold, in the control groups of this process. */
const cgroupValues = (file: string): string[] =>
  cgroupsOf(process.pid).flatMap((folder) => (existsSync(join(folder, file)) ? [readFileSync(join(folder, file), "utf8").trim()] : []));

describe("a hostile function", { skip: !isServed && "takes Linux on x86-64, and root" }, () => {
  let product: Product;
  let target: Target;
  const listeners = [createServer((socket) => socket.end()), createServer((socket) => socket.end())];

  before(async () => {
    product = await startProduct({}, "--isolation", "namespaces");
    const socketName = `pilotlight-${process.pid}`;
    const [tcp, abstract] = listeners as [(typeof listeners)[0], (typeof listeners)[0]];
    await Promise.all([once(tcp.listen(0, "127.0.0.1"), "listening"), once(abstract.listen(`\0${socketName}`), "listening")]);
    target = { dataFolder: product.dataFolder, port: (tcp.address() as AddressInfo).port, socketName, pid: process.pid };
    await createFunction(product.lambda, "attacker", attackerSource, { MemorySize: 1769, Timeout: 30 });
    await createFunction(product.lambda, "neighbour", "let count = 0; exports.handler = async () => ++count;");
  });

  let visits = 0;
  afterEach(async () => {
    const answer = await product.lambda.invoke({ FunctionName: "neighbour" });
    assert.equal(payloadOf(answer), ++visits, "the neighbour suffers");
  });

  after(async () => {
    assert.notDeepEqual(loopDevicesOf(product.dataFolder), [], "the environments of now should be found, or this proves nothing");
    assert.notDeepEqual(cgroupsOf(process.pid), []);
    for (const listener of listeners) listener.close();
    await product[Symbol.asyncDispose]();
    assert.deepEqual(cgroupsOf(process.pid), []);
    assert.ok(!existsSync(product.dataFolder));
    assert.doesNotMatch(readFileSync("/proc/self/mounts", "utf8"), new RegExp(product.dataFolder));
    await eventually(
      async () => loopDevicesOf(product.dataFolder),
      ({ length }) => length === 0,
    );
  });

  for (const [name, body, outcome] of attacks) {
    test(`that ${name}`, async () => {
      const code = typeof body === "string" ? body : body(target);
      const result = payloadOf(await product.lambda.invoke({ FunctionName: "attacker", Payload: JSON.stringify(code) }));
      if (outcome instanceof RegExp) assert.match(String(result), outcome);
      else assert.deepEqual(result, outcome);
    });
  }

  test("that uses more memory than it has is killed, and one that does not is not", async () => {
    const source = "exports.handler = async (mib) => Buffer.alloc(mib * 1024 * 1024, 1).length;";
    await createFunction(product.lambda, "hungry", source, { MemorySize: 128 });
    const invoke = async (mib: number): Promise<unknown> =>
      payloadOf(await product.lambda.invoke({ FunctionName: "hungry", Payload: String(mib) }));
    assert.equal(await invoke(40), 40 * 1024 * 1024);
    const { errorType, errorMessage } = (await invoke(129)) as { errorType: string; errorMessage: string };
    assert.equal(errorType, "Runtime.ExitError");
    assert.match(errorMessage, /Error: Runtime exited with error: signal: killed$/);
    assert.equal(await invoke(40), 40 * 1024 * 1024);
  });

  test("that forks without end is ended with all its processes", async () => {
    const source = `exports.handler = async () => { require("node:child_process").spawn("/bin/sh", ["-c", "bomb() { bomb | bomb & }; bomb"], { argv0: "pl-bomb" }); await new Promise(() => {}); };`;
    await createFunction(product.lambda, "bomb", source, { Timeout: 2 });
    const { errorType } = payloadOf(await product.lambda.invoke({ FunctionName: "bomb" })) as { errorType: string };
    assert.equal(errorType, "Sandbox.Timedout");
    await eventually(
      () => processesTitled("pl-bomb -c bomb() { bomb | bomb & }; bomb"),
      ({ length }) => length === 0,
    );
  });

  test("initialises at full speed and is held to its share from then on", async () => {
    // The best of several, because the machine may be busy; that a share is used up it cannot hide.
    const source = `
      const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
      const waitPerWork = () => Math.min(...Array.from({ length: 8 }, () => {
        const [start, before] = [performance.now(), used()];
        while (used() - before < 10);
        return (performance.now() - start) / 10;
      }));
      const atInit = waitPerWork();
      exports.handler = async () => [atInit, waitPerWork()];`;
    await createFunction(product.lambda, "slow", source, { MemorySize: 128 });
    const [atInit, later] = payloadOf(await product.lambda.invoke({ FunctionName: "slow" })) as [number, number];
    assert.ok(atInit < 4, `the initialisation took ${atInit} times as long as its work`);
    // 128 of 1,769 MB are a fourteenth.
    assert.ok(later > 5, `the handler took only ${later} times as long as its work`);
  });

  test("gets the processor in proportion to its memory", async () => {
    await createFunction(product.lambda, "large", "exports.handler = async () => 1;", { MemorySize: 3538 });
    await product.lambda.invoke({ FunctionName: "large" });
    const quotas = [...cgroupValues("cpu.cfs_quota_us"), ...cgroupValues("cpu.max").map((text) => text.split(" ")[0])];
    assert.ok(quotas.includes("40000"), `two processors should be among ${quotas.join()}`);
    assert.ok(quotas.includes("20000"), `one processor should be among ${quotas.join()}`);
  });
});

test("a daemon that is killed takes its functions along, and the next one finds a clean house", { skip: !isServed }, async (t) => {
  const dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-killed-"));
  t.after(() => rm(dataFolder, { recursive: true, force: true }));
  const first = await spawnProduct(dataFolder, "--isolation", "namespaces");
  t.after(() => first.process.kill("SIGKILL"));
  const clients = connect(first.endpoint);
  await createFunctionRole(clients);
  await createFunction(clients.lambda, "orphan", 'process.title = "pl-orphan"; exports.handler = async () => 1;');
  assert.equal(payloadOf(await clients.lambda.invoke({ FunctionName: "orphan" })), 1);
  assert.equal((await processesTitled("pl-orphan")).length, 1);
  assert.notDeepEqual(loopDevicesOf(dataFolder), []);

  first.process.kill("SIGKILL");
  await once(first.process, "exit");
  await eventually(
    async () => [...(await processesTitled("pl-orphan")), ...loopDevicesOf(dataFolder)],
    ({ length }) => length === 0,
  );

  const second = await spawnProduct(dataFolder, "--isolation", "namespaces");
  t.after(() => second.process.kill("SIGKILL"));
  assert.deepEqual(cgroupsOf(first.process.pid!), []);
  assert.deepEqual(
    (await readdir(join(dataFolder, "run"))).filter((name) => name.startsWith("env-")),
    [],
  );
  second.process.kill("SIGTERM");
  await once(second.process, "exit");
  assert.deepEqual(cgroupsOf(second.process.pid!), []);
});
