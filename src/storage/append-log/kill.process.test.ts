import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { openAppendLogs } from "../append-log.ts";

const script = fileURLToPath(import.meta.resolve("#test/append-until-killed.ts"));
const acknowledgementsBeforeKill = 1_000;

test("after kill -9 every acknowledged event is there, across segments", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "append-log-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    if (output.split("\n").length > acknowledgementsBeforeKill) child.kill("SIGKILL");
  });
  await once(child, "close");
  const acknowledged = output.split("\n").slice(0, -1).map(Number);
  assert.ok(acknowledged.length >= acknowledgementsBeforeKill);

  await using logs = await openAppendLogs(folder, { clock: new ManualClock(), log: silentLog });
  const everything = {
    fromMs: 0,
    untilMs: Infinity,
    direction: "forward",
    maximumEvents: 1e6,
    maximumBytes: 1e9,
    maximumScanBytes: 1e9,
  } as const;
  const { events } = await logs.log("events").read(everything);
  const stored = new Set(events.map(({ timestampMs }) => timestampMs));
  assert.deepEqual(
    acknowledged.filter((number) => !stored.has(number)),
    [],
  );
});
