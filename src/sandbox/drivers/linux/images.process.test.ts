/** Images of memory (docs/decisions/0018-snapstart.md), by the driver alone: what speaks frames with the processes here is this test. */
import assert from "node:assert/strict";
import { readSync, writeSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { silentLog } from "#kit/log.ts";
import { canIsolate, descendantsOf } from "#test/traces.ts";
import type { ForkServerKind, LaunchOrder, MemoryImage } from "../driver.ts";
import { defaultVariables } from "../../environment-variables.ts";
import { FramePeer } from "../../fixtures/frame-peer.ts";
import { openLoneDriver } from "../../fixtures/namespace-driver.ts";
import { hasCompiler } from "../../fixtures/native.ts";
import { frameType } from "../../frames.ts";
import { RuntimeCatalog } from "../../runtimes/catalog.ts";
import { ImageFile } from "./image-file.ts";
import { loadSystemCalls } from "./system-calls.ts";

const skip = !(canIsolate && hasCompiler()) && "takes Linux on x86-64, root, and a C compiler";
const productFolder = resolve(import.meta.dirname, "../../../..");
const folder = await mkdtemp(join(tmpdir(), "images-"));
const memoryMb = 512;

const catalog = new RuntimeCatalog({
  productFolder,
  toolchainFolder: join(productFolder, "node_modules/.cache/pilotlight-toolchains"),
  searchPath: process.env["PATH"] ?? "",
  log: silentLog,
});
const driver = skip ? undefined : await openLoneDriver(folder, { usesForkServers: true });
after(async () => {
  await driver?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** An image that is released at the end of a block. */
const released = (memory: MemoryImage): Disposable & { memory: MemoryImage } => ({ memory, [Symbol.dispose]: () => memory.release() });

type Manner = Pick<LaunchOrder, "capturesImage" | "restores">;

/** Makes processes of a function. */
class Maker {
  #runtime: string;
  #task: string;
  #handler: string;
  static #count = 0;

  constructor(runtime: string, task: string, handler: string) {
    this.#runtime = runtime;
    this.#task = task;
    this.#handler = handler;
  }

  /** One that has its code and waits for what `boot` or an image has it wait for. */
  async launch(manner: Manner = {}): Promise<FramePeer> {
    assert.ok(driver);
    const start = await catalog.find(this.#runtime, "");
    const environment = join(folder, `env-${Maker.#count++}`);
    const folders = {
      environment,
      tmp: join(environment, "tmp"),
      task: join(folder, "no-code"),
      fileSystems: [],
      readable: start.readable,
    };
    await mkdir(folders.tmp, { recursive: true });
    await mkdir(folders.task, { recursive: true });
    const variables = defaultVariables("http://127.0.0.1:1", start, driver.places(folders));
    const program = { program: start.program, args: start.args, variables };
    const forkOf = { kind: start.forkServer as ForkServerKind, ...program };
    assert.equal(await driver.prepareFork?.(forkOf, start.readable), undefined);
    const network = driver.openNetwork();
    const order = { ...program, folders, network, memoryMb: 10_240, ephemeralStorageMb: 512, forkOf, wantsFrames: true, ...manner };
    const launched = await driver.launch(order);
    void launched.exited.then(() => network.close());
    const peer = new FramePeer(launched);
    await peer.receive(frameType.booted);
    const own = { ...variables, _HANDLER: this.#handler, LAMBDA_TASK_ROOT: "/var/task", AWS_LAMBDA_FUNCTION_NAME: "f" };
    const seen = launched.specialise?.({ ...order, variables: own, memoryMb, folders: { ...folders, task: this.#task } });
    if (!manner.restores) {
      peer.send(frameType.specialise, JSON.stringify({ variables: seen }));
      await peer.receive(frameType.ready);
    }
    return peer;
  }

  /** The image of a process that has initialised the function. */
  async capture(): Promise<MemoryImage> {
    await using peer = await this.launch({ capturesImage: true });
    peer.send(frameType.checkpoint);
    const told = JSON.parse(await peer.receive(frameType.checkpointed)) as object;
    assert.deepEqual(told, { image: true });
    const { image } = peer.process;
    assert.ok(image);
    assert.ok(image.isUsable());
    return image;
  }

  async restore(image: MemoryImage, variables: Record<string, string> = {}): Promise<FramePeer> {
    const peer = await this.launch({ restores: image });
    peer.send(frameType.restore, JSON.stringify({ variables }));
    await peer.receive(frameType.restored);
    return peer;
  }
}

async function makerOf(runtime: string, handler: string, files: Record<string, string>): Promise<Maker> {
  const task = await mkdtemp(join(folder, "code-"));
  await chmod(task, 0o755);
  for (const [name, text] of Object.entries(files)) await writeFile(join(task, name), text);
  return new Maker(runtime, task, handler);
}

const nodeSource = `
const { readFileSync, readdirSync, readlinkSync, writeFileSync, existsSync } = require("node:fs");
const crypto = require("node:crypto");
crypto.randomUUID();
Math.random();
let count = 40;
const big = Array.from({ length: 10_000 }, (_, index) => ({ index }));
exports.handler = async (event) => {
  count++;
  const hadFile = existsSync("/tmp/mine");
  writeFileSync("/tmp/mine", "x");
  const status = readFileSync("/proc/self/status", "latin1");
  return {
    count, hadFile, length: big.length, given: process.env.GIVEN,
    drawn: [Math.random(), crypto.randomUUID(), globalThis.crypto.randomUUID(), crypto.randomInt(2 ** 40), crypto.randomBytes(8).toString("hex")],
    pids: [process.pid, Number(readlinkSync("/proc/self"))],
    rights: ["CapEff", "CapPrm", "CapBnd", "NoNewPrivs", "Seccomp"].map((name) => new RegExp(name + ":\\\\s*(\\\\w+)").exec(status)[1]),
    open: readdirSync("/proc/self/fd").map((name) => { try { return readlinkSync("/proc/self/fd/" + name).replace(/\\d+/, ""); } catch { return "list"; } }).toSorted(),
    cwd: process.cwd(),
  };
};`;

interface Found {
  count: number;
  hadFile: boolean;
  length: number;
  given?: string;
  drawn: unknown[];
  pids: [number, number];
  rights: string[];
  open: string[];
  cwd: string;
}

const nodeMaker = (): Promise<Maker> => makerOf("nodejs26.x", "index.handler", { "index.js": nodeSource });

test("siblings have what was initialised, and each its own of everything else", { skip }, async () => {
  const maker = await nodeMaker();
  using image = released(await maker.capture());
  await using one = await maker.restore(image.memory, { GIVEN: "1" });
  await using other = await maker.restore(image.memory, { GIVEN: "2" });
  const found = [await one.invoke<Found>(), await other.invoke<Found>()];
  assert.deepEqual(
    found.map(({ count, hadFile, length, given, cwd }) => [count, hadFile, length, given, cwd]),
    [
      [41, false, 10_000, "1", "/var/task"],
      [41, false, 10_000, "2", "/var/task"],
    ],
  );
  assert.equal(new Set(found.flatMap(({ drawn }) => drawn)).size, 10);
  for (const { pids } of found) assert.equal(pids[0], pids[1]);
  assert.equal((await one.invoke<Found>()).count, 42);
});

test("what comes up from an image has the rights of any function, and nothing open but what is its own", { skip }, async () => {
  const maker = await nodeMaker();
  using image = released(await maker.capture());
  await using plain = await maker.launch();
  await using restored = await maker.restore(image.memory);
  const [usual, found] = [await plain.invoke<Found>(), await restored.invoke<Found>()];
  assert.deepEqual(found.rights, usual.rights);
  assert.deepEqual(found.rights, ["0000000000000000", "0000000000000000", "0000000000000000", "1", "2"]);
  assert.deepEqual(found.open, usual.open);
});

const pythonSource = `
import asyncio, json, os, random, ssl, socket, threading, uuid
state = {"list": list(range(1000))}
loop = asyncio.new_event_loop()
mine, yours = socket.socketpair()
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
server.close()
random.random(), uuid.uuid4(), ssl.RAND_bytes(8)
async def later():
    await asyncio.sleep(0.001)
    return await asyncio.get_running_loop().run_in_executor(None, threading.get_native_id)
def handler(event, context):
    mine.send(b"x")
    return {
        "length": len(state["list"]), "pids": [os.getpid(), int(os.readlink("/proc/self"))], "thread": loop.run_until_complete(later()) > 0,
        "drawn": [random.random(), str(uuid.uuid4()), ssl.RAND_bytes(8).hex(), os.urandom(8).hex()],
        "pair": yours.recv(1).decode(), "gone": client.recv(1).decode(), "given": os.environ["GIVEN"], "main": threading.current_thread() is threading.main_thread(),
        "number": threading.get_native_id() == os.getpid(),
    }
`;

test("Python comes up from an image, with its event loop, its threads and numbers of its own", { skip }, async () => {
  const maker = await makerOf("python3.11", "app.handler", { "app.py": pythonSource });
  using image = released(await maker.capture());
  await using one = await maker.restore(image.memory, { GIVEN: "1" });
  await using other = await maker.restore(image.memory, { GIVEN: "2" });
  const found = [await one.invoke<Record<string, unknown[]>>(), await other.invoke<Record<string, unknown[]>>()];
  assert.equal(new Set(found.flatMap(({ drawn }) => drawn)).size, 8);
  found.forEach(({ pids, drawn, ...rest }, index) => {
    assert.equal(pids?.[0], pids?.[1]);
    assert.deepEqual(rest, { length: 1_000, thread: true, pair: "x", gone: "", given: String(index + 1), main: true, number: true });
  });
});

const refused: Record<string, [source: string, reason: string]> = {
  "a thread": ["import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()", "it has threads"],
  "a file in /tmp": ["open('/tmp/x', 'w').close()", "it has files in /tmp or /dev/shm"],
  "an open file": ["file = open('/etc/passwd')", "it has a file open"],
  "a child": ["import subprocess; child = subprocess.Popen(['/bin/sleep', '60'])", "it has children"],
  "a listening socket": ["import socket; server = socket.create_server(('127.0.0.1', 0))", "it listens at a socket"],
  "shared memory": ["import mmap; shared = mmap.mmap(-1, 4096)", "it shares memory"],
  "an allocator that counts on blank memory": [
    "import ctypes, os; file = os.open(__file__, 0); ctypes.CDLL(None).mmap(None, 4096, 1, 2, file, 0); os.close(file) # <jemalloc>",
    "it has an allocator that counts on blank memory",
  ],
  "an alarm": ["import signal; signal.signal(signal.SIGALRM, lambda *of: None); signal.alarm(60)", "it has set an alarm"],
};
for (const [what, [source, reason]] of Object.entries(refused)) {
  test(`there is no image of a process that has ${what}, and it goes on itself`, { skip }, async () => {
    const maker = await makerOf("python3.11", "app.handler", { "app.py": `${source}\ndef handler(event, context): return 7\n` });
    await using peer = await maker.launch({ capturesImage: true });
    peer.send(frameType.checkpoint);
    assert.deepEqual(JSON.parse(await peer.receive(frameType.checkpointed)), { image: false, reason });
    peer.process.image?.release();
    peer.send(frameType.restore, JSON.stringify({ variables: {} }));
    await peer.receive(frameType.restored);
    assert.equal(await peer.invoke(), 7);
  });
}

/** Of struct image_header in native/memory-image.h. */
const at = { identity: 16, runCount: 40, openCount: 44 };
const headerBytes = 21_696;
const hostile: Record<string, [(bytes: Buffer) => void, RegExp]> = {
  "nothing in it": [(bytes) => void bytes.fill(0), /that is no image/],
  garbage: [(bytes) => void bytes.fill(0xa5), /that is no image/],
  "another server's name": [(bytes) => void (bytes[at.identity]! ^= 1), /the image is of another server's fork/],
  "no pieces": [(bytes) => void bytes.writeUInt32LE(0, at.runCount), /no sensible number of pieces/],
  "too many pieces": [(bytes) => void bytes.writeUInt32LE(0xffff_ffff, at.runCount), /no sensible number of pieces/],
  "too many descriptors": [(bytes) => void bytes.writeUInt32LE(0xffff_ffff, at.openCount), /the image is of no use/],
  "a piece that is turned around": [
    (bytes) => void bytes.writeBigUInt64LE(0x1000n, headerBytes + 8),
    /a piece of the image lies where none can/,
  ],
  "fewer pieces than it needs": [(bytes) => void bytes.writeUInt32LE(1, at.runCount), /the image leaves no room/],
  // Its first page is that of the code that would be run.
  "a table and no memory": [() => {}, /^$/],
};

test("an image with something else in it ends the process that takes it on, and nobody else", { skip }, async () => {
  const maker = await nodeMaker();
  using image = released(await maker.capture());
  assert.ok(image.memory instanceof ImageFile);
  const calls = await loadSystemCalls();
  assert.ok(calls);
  const table = Buffer.alloc(1024 * 1024);
  readSync(image.memory.descriptor, table, 0, table.length, 0);
  // The piece at the lowest address.
  assert.equal(table.readBigUInt64LE(headerBytes) % 4_096n, 0n);
  for (const [what, [change, complaint]] of Object.entries(hostile)) {
    const bytes = Buffer.from(table);
    change(bytes);
    using other = released(new ImageFile(calls, image.memory.server, 64));
    writeSync((other.memory as ImageFile).descriptor, bytes, 0, bytes.length, 0);
    await assert.rejects(
      maker.launch({ restores: other.memory }),
      (error: Error) => complaint.test(error.message.replace(/^[^:]*: (?:taking on an image: )?/, "")),
      what,
    );
  }
  await using restored = await maker.restore(image.memory);
  assert.equal((await restored.invoke<Found>()).count, 41);
});

test("an image that somebody could still change is not restored", { skip }, async () => {
  const maker = await nodeMaker();
  using image = released(await maker.capture());
  assert.ok(image.memory instanceof ImageFile);
  await using restored = await maker.restore(image.memory);
  assert.equal((await restored.invoke<Found>()).count, 41);
  const { descriptor } = image.memory;
  assert.throws(() => writeSync(descriptor, Buffer.alloc(1), 0, 1, 0), { code: "EPERM" });
});

test("nothing of an image stays when it is released and its processes have ended", { skip }, async () => {
  const isImage = async (pid: number | "self"): Promise<string[]> => {
    const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "")));
    return targets.filter((target) => target.includes("pilotlight-image"));
  };
  const maker = await nodeMaker();
  const image = await maker.capture();
  assert.equal((await isImage("self")).length, 1);
  {
    await using restored = await maker.restore(image);
    await restored.invoke();
  }
  image.release();
  image.release();
  assert.equal(image.isUsable(), false);
  for (const { pid } of [{ pid: "self" as const }, ...descendantsOf(process.pid)]) assert.deepEqual(await isImage(pid), []);
  await assert.rejects(maker.launch({ restores: image }), /the image cannot be restored now/);
});
