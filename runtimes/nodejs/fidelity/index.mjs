/**
 * Does what functions do, in a process that was forked: whatever fails here would fail a function, and then no process of this version of Node is forked
 * (src/sandbox/fork-trials.ts). The event says what to do: `{ exit: CODE }`, `{ signal: NAME }`,
 * `{ draw: true }` for random numbers only, or nothing for the whole list.
 */
import { execFile, fork } from "node:child_process";
import { createHash, pbkdf2, randomBytes, randomUUID, webcrypto } from "node:crypto";
import { lookup } from "node:dns/promises";
import { readFileSync, readlinkSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer, get } from "node:http";
import { createConnection, createServer as createSocketServer } from "node:net";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { gzip } from "node:zlib";

const limitMs = 10_000;
/** Where this was loaded. */
const born = process.pid;

/** Collects garbage, says seven, and has nothing left to do. */
const endingWorker = `
  for (let round = 0; round < 20; round++) Array.from({ length: 50_000 }, (_, index) => ({ index }));
  require("node:worker_threads").parentPort.postMessage(7);`;

/** Each throws, or returns something else than true, if it fails. */
const checks = {
  "process id": () => process.pid === Number(readlinkSync("/proc/self")),
  timers: () => new Promise((resolve) => setTimeout(resolve, 5, true)),
  immediates: () => new Promise((resolve) => setImmediate(resolve, true)),
  "files by the thread pool": async () => {
    await writeFile("/tmp/fidelity", "x");
    const isSame = (await readFile("/tmp/fidelity", "utf8")) === "x";
    await rm("/tmp/fidelity");
    return isSame;
  },
  names: async () => (await lookup("localhost")).address.length > 0,
  "ciphers by the thread pool": async () => (await promisify(pbkdf2)("a", "b", 1_000, 32, "sha256")).length === 32,
  "web ciphers": async () => (await webcrypto.subtle.digest("SHA-256", Buffer.from("x"))).byteLength === 32,
  compression: async () => (await promisify(gzip)("x".repeat(1_000))).length > 0,
  http: () =>
    new Promise((resolve, reject) => {
      const server = createServer((_, response) => response.end("x")).listen(0, "127.0.0.1", () => {
        get({ port: server.address().port, agent: false }, (response) => {
          response.resume().on("end", () => server.close(() => resolve(true)));
        }).on("error", reject);
      });
    }),
  sockets: () =>
    new Promise((resolve, reject) => {
      const server = createSocketServer((socket) => socket.end("x")).listen("/tmp/fidelity.sock", () => {
        createConnection("/tmp/fidelity.sock")
          .on("error", reject)
          .resume()
          .on("end", () => server.close(() => resolve(true)));
      });
    }),
  processes: async () => (await promisify(execFile)("/bin/echo", ["x"])).stdout === "x\n",
  "a failing process": () =>
    promisify(execFile)("/bin/sh", ["-c", "exit 3"]).then(
      () => false,
      ({ code }) => code === 3,
    ),
  "Node as a child, with a channel": () =>
    new Promise((resolve, reject) => {
      const child = fork(new URL("child.mjs", import.meta.url), { execArgv: [] });
      child.on("message", (message) => resolve(message === "x")).on("error", reject);
      child.on("exit", () => reject(new Error("it ended")));
    }),
  workers: () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(endingWorker, { eval: true });
      let isHeard = false;
      worker.on("message", (message) => (isHeard = message === 7)).on("error", reject);
      worker.on("exit", () => resolve(isHeard));
    }),
  WebAssembly: async () => (await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))) instanceof WebAssembly.Module,
  import: async () => (await import("./module.mjs")).value === 7,
  signals: () =>
    new Promise((resolve) => {
      process.once("SIGUSR2", () => resolve(true));
      process.kill(process.pid, "SIGUSR2");
    }),
  "garbage and compiled code": () => {
    let kept = [];
    let sum = 0;
    for (let round = 0; round < 200; round++) {
      kept.push(Array.from({ length: 5_000 }, (_, index) => index * round));
      if (kept.length > 20) kept = [];
      for (let step = 0; step < 20_000; step++) sum = (sum + step * round) % 1_000_003;
    }
    return sum > 0;
  },
  "memory is measured": () => process.memoryUsage().rss > 0 && process.resourceUsage().maxRSS > 0,
  hashes: () => createHash("sha256").update("x").digest("hex").startsWith("2d711642"),
};

export async function handler({ exit, signal, draw }) {
  if (exit !== undefined) process.exit(exit);
  if (signal !== undefined) {
    process.kill(process.pid, signal);
    await new Promise((resolve) => setTimeout(resolve, limitMs));
  }
  const failures = [];
  for (const [name, check] of draw ? [] : Object.entries(checks)) {
    const failure = await outcomeOf(check);
    if (failure !== undefined) failures.push(`${name}: ${failure}`);
  }
  return {
    isRestored: born !== process.pid,
    isForked: readFileSync("/proc/self/cmdline", "latin1").includes("--single-threaded"),
    failures,
    // To be compared with a sibling's.
    drawn: [Math.random(), randomUUID(), crypto.randomUUID(), randomBytes(8).toString("hex")],
  };
}

/** What went wrong, if something did. */
async function outcomeOf(check) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, limitMs, "it takes too long")));
  const done = Promise.resolve()
    .then(check)
    .then(
      (result) => (result === true ? undefined : `it came to ${String(result)}`),
      (error) => error.message,
    );
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}
