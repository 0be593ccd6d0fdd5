import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "#kit/log.ts";
import type { LogLine } from "./contract.ts";
import { EnvironmentLog } from "./environment-log.ts";

const stream = { accountId: "0", region: "r", group: "g", stream: "s" };

class SlowSink {
  readonly batches: string[][] = [];
  #writes: Array<PromiseWithResolvers<void>> = [];

  write(_: unknown, lines: readonly LogLine[]): Promise<void> {
    this.batches.push(lines.map((line) => line.message));
    const write = Promise.withResolvers<void>();
    this.#writes.push(write);
    return write.promise;
  }

  async take(error?: Error): Promise<void> {
    const write = this.#writes.shift();
    if (error) write?.reject(error);
    else write?.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function open(sink: SlowSink): { log: EnvironmentLog; gate: string[] } {
  const gate: string[] = [];
  const log = new EnvironmentLog(sink, stream, { onFull: () => gate.push("full"), onRoom: () => gate.push("room") }, silentLog);
  return { log, gate };
}

test("lines go in order, one write at a time, and flush waits for all of them", async () => {
  const sink = new SlowSink();
  const { log } = open(sink);
  log.add(1, "a");
  log.add(1, "b");
  let isFlushed = false;
  void log.flush()?.then(() => (isFlushed = true));
  log.add(2, "c");
  void log.flush();
  assert.deepEqual(sink.batches, [["a", "b"]]);
  await sink.take();
  assert.deepEqual([sink.batches, isFlushed], [[["a", "b"], ["c"]], false]);
  await sink.take();
  assert.equal(isFlushed, true);
  await log.flush();
  assert.equal(sink.batches.length, 2);
});

test("a full log says so once, and again when there is room", async () => {
  const sink = new SlowSink();
  const { log, gate } = open(sink);
  const half = "x".repeat(700_000);
  log.add(1, half);
  void log.flush();
  log.add(1, half);
  log.add(1, half);
  assert.deepEqual(gate, ["full"]);
  await sink.take();
  assert.deepEqual(gate, ["full"]);
  await sink.take();
  assert.deepEqual(gate, ["full", "room"]);
});

test("a sink that fails loses its lines, not ours", async () => {
  const sink = new SlowSink();
  const { log } = open(sink);
  log.add(1, "lost");
  const flushed = log.flush();
  log.add(2, "kept");
  await sink.take(new Error("disk full"));
  await sink.take();
  await flushed;
  assert.deepEqual(sink.batches, [["lost"], ["kept"]]);
});

test("the tail is the last 4 KB from its start on", async () => {
  const { log } = open(new SlowSink());
  log.add(1, "before");
  log.startTail();
  log.add(1, "START");
  log.add(1, "x".repeat(5_000));
  log.add(1, "END");
  const tail = log.takeTail();
  assert.equal(tail.length, 4_096);
  assert.ok(tail.toString().endsWith("x\nEND\n"));
  log.startTail();
  log.add(1, "short");
  assert.equal(log.takeTail().toString(), "short\n");
});

test("empty lines go nowhere", async () => {
  const sink = new SlowSink();
  const { log } = open(sink);
  log.startTail();
  for (const line of ["", "a", "", "", "b"]) log.add(1, line);
  void log.flush();
  assert.deepEqual(sink.batches, [["a", "b"]]);
  assert.equal(log.takeTail().toString(), "a\nb\n");
});
