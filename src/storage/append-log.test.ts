import assert from "node:assert/strict";
import { appendFile, mkdtemp, open, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createLog, silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { type AppendLog, type AppendLogs, type LogPage, type LogQuery, openAppendLogs } from "./append-log.ts";

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "append-log-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function openIn(t: TestContext, folder: string, segmentBytes = 1024 * 1024): Promise<AppendLogs> {
  const logs = await openAppendLogs(folder, { clock: new ManualClock(), log: silentLog, segmentBytes });
  t.after(() => logs[Symbol.asyncDispose]());
  return logs;
}

const put = (log: AppendLog, stream: string, ...timestamps: number[]): Promise<void> =>
  log.append(
    { stream, ingestionMs: 7, events: timestamps.map((timestampMs) => ({ timestampMs, message: `${stream}${timestampMs}` })) },
    "whenOnDisk",
  );

const read = (log: AppendLog, query: Partial<LogQuery> = {}): Promise<LogPage> =>
  log.read({
    fromMs: 0,
    untilMs: Infinity,
    direction: "forward",
    maximumEvents: 100_000,
    maximumBytes: 1e9,
    maximumScanBytes: 1e9,
    ...query,
  });

const messages = (page: LogPage): string => page.events.map(({ message }) => message).join(" ");

async function readAll(log: AppendLog, query: Partial<LogQuery>): Promise<string[]> {
  const all: string[] = [];
  for (let page = await read(log, query); ; page = await read(log, { ...query, cursor: page.cursor })) {
    all.push(...page.events.map(({ message }) => message));
    if (page.isEnd) return all;
  }
}

test("events come back with all that was given, in the order of time, across streams", async (t) => {
  const log = (await openIn(t, await temporaryFolder(t))).log("l");
  await log.append(
    {
      stream: "ä",
      ingestionMs: 99,
      events: [
        { timestampMs: 5, message: "grün\n" },
        { timestampMs: 5, message: "" },
      ],
    },
    "whenOnDisk",
  );
  await put(log, "b", 3, 9);
  const { events, isEnd } = await read(log);
  assert.deepEqual(
    events.map(({ stream, timestampMs, message }) => [stream, timestampMs, message]),
    [
      ["b", 3, "b3"],
      ["ä", 5, "grün\n"],
      ["ä", 5, ""],
      ["b", 9, "b9"],
    ],
  );
  assert.equal(events[1]!.ingestionMs, 99);
  assert.equal(isEnd, true);
});

test("a query sees its streams and its times only", async (t) => {
  const log = (await openIn(t, await temporaryFolder(t))).log("l");
  await put(log, "a", 1, 2, 3);
  await put(log, "b", 2);
  assert.equal(messages(await read(log, { streams: new Set(["a"]), fromMs: 2, untilMs: 3 })), "a2");
  assert.equal(messages(await read(log, { streams: new Set(["c"]) })), "");
  assert.equal(messages(await read(log, { accepts: (message) => message.endsWith("2") })), "a2 b2");
});

for (const direction of ["forward", "backward"] as const) {
  test(`pages join without gaps or repeats, ${direction}, though batches overlap and segments roll`, async (t) => {
    const log = (await openIn(t, await temporaryFolder(t), 500)).log("l");
    const expected: string[] = [];
    for (let batch = 0; batch < 30; batch++) {
      const timestamps = [0, 1, 2].map((step) => ((batch * 17) % 30) * 20 + step * 150);
      await put(log, `s${batch}-`, ...timestamps);
      expected.push(...timestamps.map((timestamp) => `s${batch}-${timestamp}`));
    }
    const timeOf = (message: string): number => Number(message.slice(message.indexOf("-") + 1));
    for (const bounds of [{ maximumEvents: 7 }, { maximumBytes: 50 }, { maximumScanBytes: 300 }, {}]) {
      const seen = await readAll(log, { direction, ...bounds });
      const times = seen.map(timeOf);
      assert.deepEqual([...seen].sort(), [...expected].sort(), JSON.stringify(bounds));
      assert.deepEqual(
        times,
        times.toSorted((a, b) => (direction === "forward" ? a - b : b - a)),
      );
    }
  });
}

test("a cursor at the end finds what is appended later", async (t) => {
  const log = (await openIn(t, await temporaryFolder(t))).log("l");
  await put(log, "a", 1, 1);
  const { cursor } = await read(log);
  await put(log, "a", 1, 2);
  const later = await read(log, { cursor });
  assert.equal(messages(later), "a1 a2");
  assert.equal(messages(await read(log, { cursor, direction: "backward" })), "a1 a1");
});

test("a page has one event even if that alone is too long", async (t) => {
  const log = (await openIn(t, await temporaryFolder(t))).log("l");
  await put(log, "a", 1, 2);
  assert.equal(messages(await read(log, { maximumBytes: 1 })), "a1");
});

test("a log survives closing, with sealed segments and without", async (t) => {
  const folder = await temporaryFolder(t);
  const first = await openIn(t, folder, 200);
  for (let time = 0; time < 20; time++) await put(first.log("l"), "a", time);
  await first[Symbol.asyncDispose]();
  const log = (await openIn(t, folder, 200)).log("l");
  assert.equal((await read(log)).events.length, 20);
  assert.deepEqual((await log.streams()).get("a"), { eventCount: 20, messageBytes: 50, firstMs: 0, lastMs: 19, lastIngestionMs: 7 });
  await put(log, "a", 20);
  assert.equal((await read(log)).events.length, 21);
});

test("a torn tail is cut off at opening", async (t) => {
  const folder = await temporaryFolder(t);
  const first = await openIn(t, folder);
  await put(first.log("l"), "a", 1);
  const soundBytes = (await stat(join(folder, "l", "0000000001.seg"))).size;
  await put(first.log("l"), "a", 2);
  await first[Symbol.asyncDispose]();
  for (const garbage of [Buffer.alloc(7), Buffer.alloc(4096, 0xff)]) {
    await appendFile(join(folder, "l", "0000000001.seg"), garbage);
    const again = await openIn(t, folder);
    assert.equal(messages(await read(again.log("l"))), "a1 a2");
    await again[Symbol.asyncDispose]();
    assert.equal((await stat(join(folder, "l", "0000000001.seg"))).size, soundBytes * 2);
  }
});

test("many writers at once: all is there, in each writer's order", async (t) => {
  const log = (await openIn(t, await temporaryFolder(t), 10_000)).log("l");
  await Promise.all(
    Array.from({ length: 50 }, async (_, writer) => {
      for (let time = 0; time < 10; time++) await put(log, `w${writer}.`, time);
    }),
  );
  const { events } = await read(log);
  assert.equal(events.length, 500);
  assert.equal(new Set(events.map(({ message }) => message)).size, 500);
});

test("what nobody waits for is written at once and synced by the clock", async (t) => {
  const folder = await temporaryFolder(t);
  const clock = new ManualClock();
  const logs = await openAppendLogs(folder, { clock, log: silentLog });
  t.after(() => logs[Symbol.asyncDispose]());
  const log = logs.log("l");
  await log.append({ stream: "a", ingestionMs: 1, events: [{ timestampMs: 1, message: "m" }] }, "whenAccepted");
  while (clock.pendingCount === 0) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(1_000);
  assert.equal(clock.pendingCount, 0);
  assert.equal(messages(await read(log)), "m");
});

test("a writer that is faster than the disk is held back", async (t) => {
  const log = (await openIn(t, await temporaryFolder(t), 1e9)).log("l");
  const batch = { stream: "a", ingestionMs: 1, events: [{ timestampMs: 1, message: "x".repeat(1024 * 1024) }] };
  await put(log, "a", 1);
  let accepted = 0;
  const appends = Array.from({ length: 12 }, () => log.append(batch, "whenAccepted").then(() => accepted++));
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
  assert.ok(accepted < 12, `${accepted} of 12 MiB were accepted at once`);
  await Promise.all(appends);
  assert.equal((await read(log)).events.length, 13);
});

test("retention deletes whole segments, the active one too once all in it has expired", async (t) => {
  const folder = await temporaryFolder(t);
  const log = (await openIn(t, folder, 200)).log("l");
  for (let time = 0; time < 20; time++) await put(log, "a", time);
  await log.deleteBefore(10);
  const left = (await read(log)).events.map(({ timestampMs }) => timestampMs);
  assert.ok(left[0]! > 0 && left[0]! <= 10 && left.at(-1) === 19, String(left));
  await log.deleteBefore(100);
  assert.equal((await read(log)).events.length, 0);
  assert.deepEqual(
    (await readdir(join(folder, "l"))).filter((name) => name.endsWith(".seg")),
    [],
  );
  await put(log, "a", 101);
  assert.equal(messages(await read(log)), "a101");
});

test("deleted streams stay deleted, and their segments go", async (t) => {
  const folder = await temporaryFolder(t);
  const first = await openIn(t, folder, 200);
  for (let time = 0; time < 10; time++) await put(first.log("l"), "a", time);
  await put(first.log("l"), "b", 5);
  await first.log("l").deleteStreams(["a"]);
  assert.equal(messages(await read(first.log("l"))), "b5");
  await first[Symbol.asyncDispose]();
  const log = (await openIn(t, folder, 200)).log("l");
  assert.equal(messages(await read(log)), "b5");
  assert.deepEqual([...(await log.streams()).keys()], ["b"]);
});

test("a deleted log is gone, and its name may be used again", async (t) => {
  const folder = await temporaryFolder(t);
  const logs = await openIn(t, folder);
  await put(logs.log("l"), "a", 1);
  await logs.delete("l");
  await logs.delete("never-was");
  assert.deepEqual(await logs.names(), []);
  await put(logs.log("l"), "a", 2);
  assert.equal(messages(await read(logs.log("l"))), "a2");
});

test("a damaged block is passed over and reported", async (t) => {
  const folder = await temporaryFolder(t);
  const lines: string[] = [];
  const logs = await openAppendLogs(folder, { clock: new ManualClock(), log: createLog("error", (line) => void lines.push(line)) });
  t.after(() => logs[Symbol.asyncDispose]());
  await put(logs.log("l"), "a", 1);
  await put(logs.log("l"), "a", 2);
  await using file = await open(join(folder, "l", "0000000001.seg"), "r+");
  await file.write("!", 50);
  assert.equal(messages(await read(logs.log("l"))), "a2");
  assert.match(lines.join(), /damaged/);
});

test("names cannot leave the folder", async (t) => {
  const logs = await openIn(t, await temporaryFolder(t));
  for (const name of ["..", "a/b", "", "deleted~x"]) assert.throws(() => logs.log(name), /cannot be the name/);
});

test("a closed log refuses", async (t) => {
  const logs = await openIn(t, await temporaryFolder(t));
  const log = logs.log("l");
  await put(log, "a", 1);
  await logs.delete("l");
  await assert.rejects(put(log, "a", 2), { name: "LogClosed" });
});

test("a write that fails is told, and writing goes on in a new segment", async (t) => {
  const folder = await temporaryFolder(t);
  const first = await openIn(t, folder);
  await first.log("l").streams();
  await rename(join(folder, "l"), join(folder, "away"));
  await assert.rejects(put(first.log("l"), "a", 1), { code: "ENOENT" });
  await rename(join(folder, "away"), join(folder, "l"));
  await put(first.log("l"), "a", 2);
  assert.equal(messages(await read(first.log("l"))), "a2");
  await first[Symbol.asyncDispose]();
  assert.equal(messages(await read((await openIn(t, folder)).log("l"))), "a2");
});

test("more logs than may be open at once", async (t) => {
  const logs = await openIn(t, await temporaryFolder(t));
  const names = Array.from({ length: 140 }, (_, index) => `l${index}`);
  for (let round = 0; round < 2; round++) await Promise.all(names.map((name) => put(logs.log(name), "a", round)));
  for (const name of names) assert.equal(messages(await read(logs.log(name))), "a0 a1");
});
