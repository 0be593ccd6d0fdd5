import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { queryBuilder } from "../query-builder.ts";
import { openSqliteDatabase } from "./sqlite-database.ts";

const script = fileURLToPath(import.meta.resolve("#test/write-until-killed.ts"));
const sql = queryBuilder<{ halves: { pair: number; half: number } }>();
const acknowledgementsBeforeKill = 500;
const kills = 3;

test("kill -9 in the midst of writes loses no acknowledged unit and leaves no half of one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pilotlight-kill-"));
  for (let kill = 0; kill < kills; kill++) {
    const path = join(folder, `database-${kill}`);
    const acknowledged = await writeAndKill(path);
    assert(acknowledged.length >= acknowledgementsBeforeKill);

    const database = await openSqliteDatabase({ path });
    const halves = sql.selectFrom("halves").select(["pair", (expression) => expression.fn.countAll<number>().as("count")]);
    const rows = await database.read(halves.groupBy("pair").compile());
    await database[Symbol.asyncDispose]();
    assert.deepEqual(
      rows.filter((row) => row.count !== 2),
      [],
    );
    const pairs = new Set(rows.map((row) => row.pair));
    assert.deepEqual(
      acknowledged.filter((pair) => !pairs.has(pair)),
      [],
    );
  }
  await rm(folder, { recursive: true });
});

/** Resolves with the numbers that the process had acknowledged when it died. */
function writeAndKill(path: string): Promise<number[]> {
  const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    if (output.split("\n").length > acknowledgementsBeforeKill) child.kill("SIGKILL");
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    // What follows the last line break was cut off by the kill.
    child.on("close", () => resolve(output.split("\n").slice(0, -1).map(Number)));
  });
}
