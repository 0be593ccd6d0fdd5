import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { openBlobFiles } from "./blob-files.ts";
import { BlobNotFound, type BlobStore } from "./blobs.ts";

const bytes = Buffer.from("exports.handler = async () => 'hello'");
const digest = hash("sha256", bytes);

describe("blob files", () => {
  let folder: string;
  let blobs: BlobStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "pilotlight-blobs-"));
    blobs = await openBlobFiles(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("a blob is named by its digest and comes back as it was", async () => {
    assert.deepEqual(await blobs.put(bytes), { digest, sizeBytes: bytes.length });
    assert.deepEqual(await blobs.read(digest), bytes);
    assert.equal(await blobs.has(digest), true);
    assert.deepEqual(await (await openBlobFiles(folder)).read(digest), bytes);
  });

  test("its file lies two levels deep and is read-only", async () => {
    await blobs.put(bytes);
    assert.equal(blobs.path(digest), join(folder, digest.slice(0, 2), digest.slice(2)));
    assert.equal((await stat(blobs.path(digest))).mode & 0o777, 0o400);
  });

  test("equal bytes are stored once, even at the same time", async () => {
    const [first] = await Promise.all(Array.from({ length: 20 }, () => blobs.put(bytes)));
    const { ino } = await stat(blobs.path(digest));
    assert.deepEqual(await blobs.put(bytes), first);
    assert.equal((await stat(blobs.path(digest))).ino, ino);
    assert.deepEqual(await readdir(join(folder, "incoming")), []);
  });

  test("a blob that is not there", async () => {
    await assert.rejects(blobs.read(digest), BlobNotFound);
    assert.equal(await blobs.has(digest), false);
    await blobs.delete(digest);
  });

  test("a deleted blob is gone and may come back", async () => {
    await blobs.put(bytes);
    await blobs.delete(digest);
    assert.equal(await blobs.has(digest), false);
    await blobs.put(bytes);
    assert.deepEqual(await readFile(blobs.path(digest)), bytes);
  });

  test("a digest cannot lead out of the folder", () => {
    assert.throws(() => blobs.path(`../${digest}`), TypeError);
    assert.throws(() => blobs.path("../../etc/passwd"), TypeError);
  });

  test("opening sweeps what a crash left half-written", async () => {
    await writeFile(join(folder, "incoming", "half.partial"), "ha");
    await openBlobFiles(folder);
    assert.deepEqual(await readdir(join(folder, "incoming")), []);
  });
});
