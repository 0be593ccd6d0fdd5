import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { zipBytes } from "#test/zip-bytes.ts";
import { openBlobFiles } from "./blob-files.ts";
import { BlobNotFound, type BlobStore } from "./blobs.ts";
import { UnpackedPackages } from "./unpacked.ts";
import { ZipRejected } from "./zip-rules.ts";

const limits = { maxUnzippedBytes: 1_000_000, maxEntries: 50, maxPathBytes: 300 };

describe("unpacked packages", () => {
  let parent: string;
  let folder: string;
  let blobs: BlobStore;
  let packages: UnpackedPackages;
  let digest: string;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), "pilotlight-unpacked-"));
    folder = join(parent, "unpacked");
    blobs = await openBlobFiles(join(parent, "blobs"));
    packages = await UnpackedPackages.open(folder, blobs, limits);
    ({ digest } = await blobs.put(zipBytes([{ name: "index.mjs", content: "export {}" }])));
  });
  afterEach(() => rm(parent, { recursive: true }));

  test("are extracted once for all who ask", async () => {
    const folders = await Promise.all(Array.from({ length: 10 }, () => packages.acquire(digest)));
    assert.deepEqual(new Set(folders), new Set([join(folder, digest)]));
    assert.equal(await readFile(join(folders[0]!, "index.mjs"), "utf8"), "export {}");
    assert.deepEqual(await readdir(folder), [digest]);
  });

  test("survive a restart; interrupted ones do not", async () => {
    const { ino } = await stat(await packages.acquire(digest));
    await mkdir(join(folder, `${digest}.partial-x`));
    const reopened = await UnpackedPackages.open(folder, blobs, limits);
    assert.deepEqual(await readdir(folder), [digest]);
    assert.equal((await stat(await reopened.acquire(digest))).ino, ino);
  });

  test("can be deleted and unpacked again", async () => {
    await packages.acquire(digest);
    await packages.delete(digest);
    assert.deepEqual(await readdir(folder), []);
    await packages.delete(digest);
    await stat(await packages.acquire(digest));
  });

  test("whose unpacking failed are tried again", async () => {
    const missing = "0".repeat(64);
    await assert.rejects(packages.acquire(missing), BlobNotFound);
    const { digest: late } = await blobs.put(zipBytes([{ name: "../x" }]));
    await assert.rejects(packages.acquire(late), ZipRejected);
    await assert.rejects(packages.acquire(late), ZipRejected);
    await blobs.delete(digest);
    await assert.rejects(packages.acquire(digest), BlobNotFound);
    await blobs.put(zipBytes([{ name: "index.mjs", content: "export {}" }]));
    await packages.acquire(digest);
  });

  test("laid over each other are made once per list, and deleted by their list", async () => {
    const { digest: other } = await blobs.put(zipBytes([{ name: "index.mjs", content: "export 2" }]));
    const [forth, again, back] = await Promise.all(
      [
        [digest, other],
        [digest, other],
        [other, digest],
      ].map((list) => packages.acquireMerged(list)),
    );
    assert.equal(forth, again);
    assert.equal(await readFile(join(forth!, "index.mjs"), "utf8"), "export 2");
    assert.equal(await readFile(join(back!, "index.mjs"), "utf8"), "export {}");
    assert.equal(await packages.acquireMerged([digest]), await packages.acquire(digest));
    await packages.deleteMerged([digest, other]);
    await packages.deleteMerged([digest]);
    assert.equal((await readdir(folder)).length, 3);
    assert.equal(await packages.acquireMerged([digest, other]), forth);
  });
});
