import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { DataFolderInUse, DataFolderTooNew, openDataFolder } from "./data-folder.ts";

describe("the data folder", () => {
  let parent: string;
  let path: string;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), "pilotlight-data-"));
    path = join(parent, "new", "data");
  });
  afterEach(() => rm(parent, { recursive: true }));

  test("is created for its owner only, with its parts", async () => {
    using data = await openDataFolder(path);
    assert.equal((await stat(path)).mode & 0o777, 0o700);
    assert.equal((await stat(join(path, "secret.key"))).mode & 0o777, 0o600);
    for (const part of [data.blobsFolder, data.unpackedFolder, data.logsFolder, data.runFolder]) assert((await stat(part)).isDirectory());
  });

  test("is refused where no folder can be made", async () => {
    await writeFile(join(parent, "file"), "");
    await assert.rejects(openDataFolder(join(parent, "file")), { code: "EEXIST" });
    await assert.rejects(openDataFolder(join(parent, "file", "below")), { code: "ENOTDIR" });
    // What the system says of this one differs; that it says something is the point.
    await assert.rejects(openDataFolder("/proc/nothing/below"));
  });

  test("keeps its secret", async () => {
    const first = await openDataFolder(path);
    assert.equal(first.secret.length, 32);
    first[Symbol.dispose]();
    using second = await openDataFolder(path);
    assert.deepEqual(second.secret, first.secret);
    using other = await openDataFolder(join(parent, "other"));
    assert.notDeepEqual(other.secret, first.secret);
  });

  test("is refused while somebody else has it, and only that long", async () => {
    const first = await openDataFolder(path);
    await assert.rejects(openDataFolder(path), (error) => error instanceof DataFolderInUse && error.message.includes(path));
    first[Symbol.dispose]();
    using _ = await openDataFolder(path);
  });

  test("of a newer format is refused and left unlocked", async () => {
    (await openDataFolder(path))[Symbol.dispose]();
    for (const format of ["2", "nonsense"]) {
      await writeFile(join(path, "format"), format);
      await assert.rejects(openDataFolder(path), DataFolderTooNew);
    }
    await writeFile(join(path, "format"), "1\n");
    using _ = await openDataFolder(path);
  });

  test("with a damaged secret is refused: a new one would end every session", async () => {
    (await openDataFolder(path))[Symbol.dispose]();
    await writeFile(join(path, "secret.key"), "short");
    await assert.rejects(openDataFolder(path), /secret.key is damaged/);
  });

  test("has an empty run folder", async () => {
    const first = await openDataFolder(path);
    await writeFile(join(first.runFolder, "socket"), "");
    first[Symbol.dispose]();
    using second = await openDataFolder(path);
    assert.deepEqual(await readdir(second.runFolder), []);
  });
});
