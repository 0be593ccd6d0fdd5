import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DataFolderInUse, openDataFolder } from "./data-folder.ts";

const script = fileURLToPath(import.meta.resolve("#test/hold-data-folder.ts"));

describe("the data folder among processes", () => {
  let parent: string;
  before(async () => (parent = await mkdtemp(join(tmpdir(), "pilotlight-lock-"))));
  after(() => rm(parent, { recursive: true }));

  test("of several that start at once, exactly one gets it", async () => {
    const path = join(parent, "raced");
    const holders = await Promise.all(Array.from({ length: 4 }, () => startHolder(path)));
    assert.deepEqual(holders.map(({ said }) => said).toSorted(), ["DataFolderInUse", "DataFolderInUse", "DataFolderInUse", "open"]);
    await Promise.all(holders.map(({ child }) => end(child, () => child.stdin!.end())));
    (await openDataFolder(path))[Symbol.dispose]();
  });

  test("is free again at once after kill -9 of its holder", async () => {
    const path = join(parent, "killed");
    const { child, said } = await startHolder(path);
    assert.equal(said, "open");
    await assert.rejects(openDataFolder(path), DataFolderInUse);
    await end(child, () => child.kill("SIGKILL"));
    (await openDataFolder(path))[Symbol.dispose]();
  });
});

async function startHolder(path: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [script, path], { stdio: ["pipe", "pipe", "inherit"] });
  const [chunk] = (await once(child.stdout, "data")) as [Buffer];
  return { child, said: chunk.toString().trim() };
}

async function end(child: ChildProcess, stop: () => void): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, "exit");
  stop();
  await exited;
}
