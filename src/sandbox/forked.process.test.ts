/** The tests of standbys once more, with processes that are forked when they are wanted; and what only forks can get wrong. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { silentLog } from "#kit/log.ts";
import { canIsolate, descendantsOf } from "#test/traces.ts";
import { managedSandbox, useForkServers, useIsolation, useNativeLauncher, type RealSandbox } from "./fixtures/real-sandbox.ts";
import { requestOf, specOf } from "./fixtures/specs.ts";
import { hasCompiler, nativeFolder } from "./fixtures/native.ts";

const skip = !(canIsolate && hasCompiler()) && "takes Linux on x86-64, root, and a C compiler";
if (skip === false) {
  useIsolation("namespaces");
  useNativeLauncher(nativeFolder);
  useForkServers();
  await import("./standbys.process.test.ts");
}

/** https://man7.org/linux/man-pages/man7/sched.7.html */
const schedBatch = 3;

const pythonSpec = (key: string) => specOf({ key, runtime: "python3.11", handler: "app.handler" });

async function withForkServer(t: TestContext, files: Record<string, string>, spec = specOf()): Promise<RealSandbox> {
  const events = new EventEmitter();
  const log = { ...silentLog, debug: (message: string) => void events.emit(message) };
  const ready = once(events, "a runtime was tried for forking", { signal: AbortSignal.timeout(60_000) });
  const real = await managedSandbox(t, files["code/index.js"] ?? "", { files, standbys: 1, log, searchPath: process.env["PATH"] ?? "" });
  await real.sandbox.prepare(spec);
  await ready;
  return real;
}

async function answers<T>(sandbox: RealSandbox["sandbox"], specs: ReadonlyArray<ReturnType<typeof specOf>>): Promise<T[]> {
  return Promise.all(
    specs.map(async (spec) => {
      const outcome = await sandbox.invoke(spec, requestOf({}));
      await outcome.finished;
      const answer = Buffer.from(outcome.payload).toString();
      assert.equal(outcome.functionError, undefined, answer);
      return JSON.parse(answer) as T;
    }),
  );
}

test("siblings draw different numbers, and know who they are", { skip }, async (t) => {
  const source = `exports.handler = async () => ({
    drawn: [Math.random(), require("node:crypto").randomUUID(), require("node:crypto").randomBytes(8).toString("hex"), crypto.randomUUID()],
    pids: [process.pid, Number(require("node:fs").readlinkSync("/proc/self"))],
    server: process.env.PILOTLIGHT_FORK_SERVER ?? null,
    arguments: process.execArgv,
    policy: Number(require("node:fs").readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ")[38]),
  });`;
  const { sandbox } = await withForkServer(t, { "code/index.js": source });
  interface Answer {
    drawn: unknown[];
    pids: [number, number];
    server: unknown;
    arguments: string[];
    policy: number;
  }
  const found = await answers<Answer>(
    sandbox,
    ["a:1", "b:1", "c:1"].map((key) => specOf({ key })),
  );
  assert.equal(new Set(found.flatMap(({ drawn }) => drawn)).size, 12);
  for (const { pids, server, arguments: given, policy } of found) {
    assert.equal(pids[0], pids[1]);
    assert.deepEqual([server, given, policy], [null, [], schedBatch]);
  }
});

test("lines of output and errors come in the order in which they were written", { skip }, async (t) => {
  const source = `exports.handler = async () => {
    for (let line = 0; line < 40; line++) require("node:fs").writeSync(1 + (line % 2), "line " + line + "\\n");
  };`;
  const { sandbox, sink } = await withForkServer(t, { "code/index.js": source });
  await answers(sandbox, [specOf({ key: "a:1" })]);
  assert.deepEqual(
    sink.messages.filter((line) => line.startsWith("line ")),
    Array.from({ length: 40 }, (_, line) => `line ${line}`),
  );
});

test("a fork ends as a process of its own does, in every way", { skip }, async (t) => {
  const ends = {
    exit: "process.on('exit', (code) => console.log('left with ' + code)); process.exit(7)",
    "an exit code and nothing left to do": "process.exitCode = 9; await new Promise(() => {})",
    "nothing left to do": "await new Promise(() => {})",
    "garbage and nothing left to do":
      "for (let round = 0; round < 20; round++) Array.from({ length: 50_000 }, (_, index) => ({ index })); await new Promise(() => {})",
    "an error of nobody's": "setTimeout(() => { throw new TypeError('late') }); await new Promise((done) => setTimeout(done, 5_000))",
    "a rejection of nobody's": "void Promise.reject(new TypeError('late')); await new Promise((done) => setTimeout(done, 5_000))",
    abort: "process.abort()",
    signal: "process.kill(process.pid, 'SIGSEGV'); await new Promise((done) => setTimeout(done, 5_000))",
  };
  const source = `exports.handler = async (event) => { await eval("(async () => {" + event + "})()"); };`;
  const outcomes = async ({ sandbox, sink }: RealSandbox): Promise<unknown[]> => {
    const all: unknown[] = [];
    for (const [key, expression] of Object.entries(ends)) {
      const outcome = await sandbox.invoke(specOf({ key, memoryMb: 1_769, timeoutMs: 20_000 }), requestOf(expression));
      await outcome.finished;
      const { errorType, errorMessage } = JSON.parse(Buffer.from(outcome.payload).toString()) as Record<string, string>;
      all.push([key, errorType, errorMessage?.replace(/^RequestId: \S+ /, "")]);
    }
    return [...all, sink.messages.filter((line) => line.includes("left with")).map((line) => line.split("\t").at(-1))];
  };
  const forked = await outcomes(await withForkServer(t, { "code/index.js": source }));
  assert.deepEqual(forked, await outcomes(await managedSandbox(t, source)));
});

/** What each of these is answered with, one after the other, by one environment. */
async function inTurn({ sandbox }: RealSandbox, spec: ReturnType<typeof specOf>, asked: ReadonlyArray<[event: object, traceId: string]>) {
  const all: unknown[] = [];
  for (const [event, traceId] of asked) {
    const outcome = await sandbox.invoke(spec, requestOf(event, { traceId }));
    await outcome.finished;
    all.push(JSON.parse(Buffer.from(outcome.payload).toString()));
  }
  return all;
}

const meddled: Array<[event: object, traceId: string]> = [
  ...["set", "delete", "nothing"].map((meddle): [object, string] => [{ meddle }, `Root=${meddle}`]),
  // Around the length up to which forks have a place of their own for it.
  ...[4_000, 4_091, 4_092, 4_095, 4_096, 9_000, 10].map((bytes): [object, string] => [{}, "t".repeat(bytes)]),
];

const ofMeddled = [
  ["Root=set", "Root=set", "mine", "mine"],
  ["Root=delete", "Root=delete", null, ""],
  ["Root=nothing", "Root=nothing", "Root=nothing", "Root=nothing"],
  ...meddled.slice(3).map(([, traceId]) => [traceId, traceId, traceId, traceId]),
];

test("a fork and the processes that it starts see the trace of each invocation, whatever its code does to it", { skip }, async (t) => {
  const source = `
    const { execFileSync } = require("node:child_process");
    const seen = () => [process.env._X_AMZN_TRACE_ID ?? null, execFileSync("/bin/sh", ["-c", "echo $_X_AMZN_TRACE_ID"]).toString().trim()];
    exports.handler = async ({ meddle }) => {
      const before = seen();
      if (meddle === "set") process.env._X_AMZN_TRACE_ID = "mine";
      if (meddle === "delete") delete process.env._X_AMZN_TRACE_ID;
      return [...before, ...seen()];
    };`;
  const real = await withForkServer(t, { "code/index.js": source });
  assert.deepEqual(await inTurn(real, specOf({ timeoutMs: 20_000 }), meddled), ofMeddled);
});

test("Python's forks see it too", { skip }, async (t) => {
  const code = `
import os, subprocess
def seen():
    return [os.environ.get("_X_AMZN_TRACE_ID"), subprocess.check_output(["/bin/sh", "-c", "echo $_X_AMZN_TRACE_ID"]).decode().strip()]
def handler(event, context):
    before = seen()
    if event.get("meddle") == "set":
        os.environ["_X_AMZN_TRACE_ID"] = "mine"
    if event.get("meddle") == "delete":
        del os.environ["_X_AMZN_TRACE_ID"]
    return before + seen()
`;
  const real = await withForkServer(t, { "code/app.py": code }, pythonSpec("a:1"));
  assert.deepEqual(await inTurn(real, pythonSpec("a:1"), meddled), ofMeddled);
});

test("a fork's answers are whole, whatever their length", { skip }, async (t) => {
  const real = await withForkServer(t, { "code/index.js": 'exports.handler = async ({ length }) => "\\u20ac".repeat(length);' });
  // Three bytes each, around the 64 KB up to which the native part sends them.
  const lengths = [0, 1, 21_842, 21_843, 21_844, 21_845, 21_846, 100_000];
  const answered = await inTurn(
    real,
    specOf(),
    lengths.map((length) => [{ length }, "Root=1"]),
  );
  assert.deepEqual(
    answered,
    lengths.map((length) => "\u20ac".repeat(length)),
  );
});

test("when a fork server dies its functions go on elsewhere, and nothing of it stays", { skip }, async (t) => {
  const source = `exports.handler = async () => require("node:fs").readFileSync("/proc/self/cmdline", "latin1").includes("--single-threaded");`;
  const { sandbox } = await withForkServer(t, { "code/index.js": source });
  const slow = (key: string) => specOf({ key, timeoutMs: 20_000 });
  assert.deepEqual(await answers(sandbox, [slow("a:1")]), [true]);
  const all = descendantsOf(process.pid).filter(({ command }) => command.includes("--single-threaded"));
  // The function's own process is its child.
  const [server] = all.filter(({ pid }) => all.some(({ parent }) => parent === pid));
  assert.ok(server);
  process.kill(server.pid, "SIGKILL");
  while (descendantsOf(process.pid).some(({ pid }) => all.some((one) => one.pid === pid))) await pause(10);
  // A new environment; and then the one that had lost its process.
  assert.equal((await answers<boolean>(sandbox, [slow("b:1")])).length, 1);
  assert.equal((await answers<boolean>(sandbox, [slow("a:1")])).length, 1);
  // Another server takes its place.
  for (let attempt = 0; !(await answers<boolean>(sandbox, [slow(`c:${attempt}`)]))[0]; attempt++) {
    assert.ok(attempt < 50, "nothing is forked any more");
    await pause(100);
  }
});

test("Python's siblings draw different numbers, have one thread, and import what their function brings", { skip }, async (t) => {
  const code = `
import os, random, ssl, sys, threading, uuid, tempfile, hashlib
import of_function
def handler(event, context):
    name = next(tempfile._get_candidate_names())
    drawn = [random.random(), str(uuid.uuid4()), os.urandom(8).hex(), ssl.RAND_bytes(8).hex(), name]
    thread = threading.Thread(target=lambda: drawn.append(threading.get_native_id()))
    thread.start(); thread.join()
    return {"drawn": drawn[:5], "pids": [os.getpid(), int(os.readlink("/proc/self"))], "main": threading.current_thread() is threading.main_thread(),
            "path": sys.path[0], "value": of_function.value, "server": os.environ.get("PILOTLIGHT_FORK_SERVER")}
`;
  const files = { "code/app.py": code, "code/of_function.py": "value = 7" };
  const { sandbox } = await withForkServer(t, files, pythonSpec("a:1"));
  interface Answer {
    drawn: unknown[];
    pids: [number, number];
    main: boolean;
    path: string;
    value: number;
    server: unknown;
  }
  const found = await answers<Answer>(sandbox, ["a:1", "b:1"].map(pythonSpec));
  assert.equal(new Set(found.flatMap(({ drawn }) => drawn)).size, 10);
  for (const { pids, main, path, value, server } of found) {
    assert.equal(pids[0], pids[1]);
    assert.deepEqual([main, path, value, server], [true, "/var/task", 7, null]);
  }
});
