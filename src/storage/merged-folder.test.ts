import assert from "node:assert/strict";
import { lstat, mkdir, mkdtemp, readFile, readdir, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { mergeFolders } from "./merged-folder.ts";

describe("merged folders", () => {
  let parent: string;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), "pilotlight-merged-"));
  });
  afterEach(() => rm(parent, { recursive: true }));

  async function folderOf(name: string, files: Record<string, string>): Promise<string> {
    const folder = join(parent, name);
    await mkdir(folder);
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    return folder;
  }

  test("hold everything, the last of what shares a path, and no second copy", async () => {
    const first = await folderOf("first", { "lib/a": "a1", "lib/b": "b1", only: "1" });
    const second = await folderOf("second", { "lib/b": "b2", "lib/deep/c": "c2" });
    await mergeFolders([first, second], join(parent, "merged"));
    const read = (path: string) => readFile(join(parent, "merged", path), "utf8");
    assert.deepEqual(await Promise.all(["lib/a", "lib/b", "lib/deep/c", "only"].map(read)), ["a1", "b2", "c2", "1"]);
    assert.equal(await readFile(join(first, "lib/b"), "utf8"), "b1");
    assert.equal((await stat(join(parent, "merged/lib/a"))).ino, (await stat(join(first, "lib/a"))).ino);
    assert.deepEqual((await readdir(parent)).toSorted(), ["first", "merged", "second"]);
  });

  test("replace a file by a folder, a folder by a file, and never write through a link", async () => {
    const outside = await folderOf("outside", {});
    const first = await folderOf("first", { a: "file", "b/inside": "x" });
    await symlink(outside, join(first, "c"));
    const second = await folderOf("second", { "a/inside": "y", b: "file", "c/inside": "z" });
    await symlink("a/inside", join(second, "d"));
    await mergeFolders([first, second], join(parent, "merged"));
    const merged = join(parent, "merged");
    assert.equal(await readFile(join(merged, "a/inside"), "utf8"), "y");
    assert.equal(await readFile(join(merged, "b"), "utf8"), "file");
    assert.equal((await lstat(join(merged, "c"))).isDirectory(), true);
    assert.equal(await readlink(join(merged, "d")), "a/inside");
    assert.deepEqual(await readdir(outside), []);
  });

  test("leave nothing behind when they cannot be made", async () => {
    await assert.rejects(mergeFolders([await folderOf("first", { a: "" }), join(parent, "missing")], join(parent, "merged")), {
      code: "ENOENT",
    });
    assert.deepEqual(await readdir(parent), ["first"]);
  });
});
