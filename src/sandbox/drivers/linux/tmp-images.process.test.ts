import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { findProgram } from "../system-programs.ts";
import { TmpImages } from "./tmp-images.ts";

const check = await findProgram("e2fsck");
const skip = (check === undefined || (await findProgram("mkfs.ext4")) === undefined) && "takes e2fsprogs";

test("copies of an image are whole file systems, as large and as sparse as the first", { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tmp-images-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const images = (await TmpImages.open(folder)) as TmpImages;
  const sizes: number[] = [];
  for (const name of ["made", "copied"]) {
    const path = join(folder, name);
    await images.provide(path, 512);
    // From now on it is known what an image holds.
    await images.close();
    await promisify(execFile)(check as string, ["-fn", path]);
    const { size, blocks } = await stat(path);
    assert.ok(blocks * 512 < 8 << 20, `${blocks} blocks`);
    sizes.push(size);
  }
  assert.equal(sizes[0], sizes[1]);
  assert.ok((sizes[0] as number) > 512 << 20);
  assert.deepEqual((await readdir(folder)).toSorted(), ["copied", "made"]);
});
