import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { access, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test, type TestContext } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { paxRecord, type TarPart, tarBytes } from "#test/tar-bytes.ts";
import { type ImageLayer, UnpackedImages } from "./unpacked-images.ts";

const settings = { entryPoint: ["/run"], command: [], workingDirectory: "", variables: {} };
const digest = "a".repeat(64);

async function openImages(t: TestContext, limits = { maxUnpackedBytes: 1_000_000, maxEntries: 100 }) {
  const folder = await mkdtemp(join(tmpdir(), "images-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "outside"), "untouched");
  const images = await UnpackedImages.open(join(folder, "images"), limits);
  return {
    folder,
    images,
    unpack: (...layers: Buffer[]) =>
      images.unpack(
        digest,
        settings,
        layers.map((bytes) => layerOf(bytes)),
      ),
  };
}

function layerOf(bytes: Buffer, compression: ImageLayer["compression"] = "none"): ImageLayer {
  return {
    digest: createHash("sha256").update(bytes).digest("hex"),
    sizeBytes: bytes.length,
    compression,
    open: async () => Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]),
  };
}

async function unpacked(t: TestContext, ...layers: TarPart[][]): Promise<string> {
  const { images, unpack } = await openImages(t);
  await unpack(...layers.map(tarBytes));
  return (await images.acquire(digest)).root;
}

const read = (root: string, path: string): Promise<string> => readFile(join(root, path), "utf8");

test("layers are laid over each other: files replace, whiteouts remove, opaque folders begin anew", async (t) => {
  const root = await unpacked(
    t,
    [
      { path: "./etc/", type: "5", mode: 0o700 },
      { path: "etc/keep", content: "1" },
      { path: "etc/gone", content: "1" },
      { path: "cache/old", content: "1" },
      { path: "bin", type: "2", target: "usr/bin" },
      { path: "usr/bin/tool", content: "one", mode: 0o4755 },
      { path: "folder/inside", content: "1" },
    ],
    [
      { path: "etc/.wh.gone" },
      { path: "cache/new", content: "2" },
      { path: "cache/.wh..wh..opq" },
      { path: "bin/tool", content: "two", mode: 0o755 },
      { path: "usr/bin/twin", type: "1", target: "usr/bin/tool" },
      { path: "folder", content: "a file now" },
    ],
  );
  assert.deepEqual((await readdir(join(root, "etc"))).toSorted(), ["hosts", "keep", "resolv.conf"]);
  assert.deepEqual(await readdir(join(root, "cache")), ["new"]);
  assert.equal(await read(root, "usr/bin/tool"), "two");
  assert.equal((await stat(join(root, "usr/bin/twin"))).ino, (await stat(join(root, "usr/bin/tool"))).ino);
  assert.equal(await read(root, "folder"), "a file now");
  assert.equal((await stat(join(root, "etc"))).mode & 0o7777, 0o700);
});

test("nothing keeps a set-user-id bit, and devices are left out", async (t) => {
  const root = await unpacked(t, [
    { path: "su", content: "x", mode: 0o6755 },
    { path: "disk", type: "4" },
    { path: "tty", type: "3" },
    { path: "pipe", type: "6" },
  ]);
  assert.equal((await stat(join(root, "su"))).mode & 0o7777, 0o755);
  assert.deepEqual((await readdir(root)).toSorted(), ["dev", "etc", "mnt", "proc", "su", "tmp"]);
});

test("long names come by pax and by GNU's way", async (t) => {
  const long = `${"folder/".repeat(20)}file`;
  const root = await unpacked(t, [
    { path: "PaxHeaders/x", type: "x", content: paxRecord("path", `pax/${long}`) + paxRecord("mtime", "1.5") },
    { path: "short", content: "pax" },
    { path: "././@LongLink", type: "L", content: `gnu/${long}\0` },
    { path: "short", content: "gnu" },
  ]);
  assert.equal(await read(root, `pax/${long}`), "pax");
  assert.equal(await read(root, `gnu/${long}`), "gnu");
});

test("links are followed as if the image were the whole file system", async (t) => {
  const { folder, images, unpack } = await openImages(t);
  await mkdir(join(folder, "victim"));
  await unpack(
    tarBytes([
      { path: "absolute", type: "2", target: join(folder, "victim") },
      { path: "absolute/file", content: "x" },
      { path: "climbing", type: "2", target: "../../../../../../../../tmp" },
      { path: "climbing/file", content: "x" },
    ]),
  );
  assert.deepEqual(await readdir(join(folder, "victim")), []);
  const { root } = await images.acquire(digest);
  assert.equal(await read(root, join(folder, "victim", "file")), "x");
  assert.equal(await read(root, "tmp/file"), "x");
});

const refusals: [name: string, parts: TarPart[]][] = [
  ["a path that climbs out", [{ path: "../outside", content: "x" }]],
  ["a path that climbs out in the middle", [{ path: "a/../../outside", content: "x" }]],
  ["a whiteout of the parent folder", [{ path: "a/b", content: "x" }, { path: "a/.wh..." }]],
  ["a whiteout of everything", [{ path: ".wh." }, { path: ".wh..." }]],
  ["a hard link to what is outside", [{ path: "link", type: "1", target: "../../outside" }]],
  ["a hard link to nothing", [{ path: "link", type: "1", target: "nowhere" }]],
  [
    "a hard link by way of a link",
    [
      { path: "up", type: "2", target: "../.." },
      { path: "link", type: "1", target: "up/outside" },
    ],
  ],
  [
    "links in circles",
    [
      { path: "a", type: "2", target: "b" },
      { path: "b", type: "2", target: "a" },
      { path: "a/x", content: "x" },
    ],
  ],
  ["a link to nowhere", [{ path: "a", type: "2" }]],
  [
    "a name that is too long",
    [
      { path: "L", type: "L", content: "x".repeat(256) },
      { path: "x", content: "x" },
    ],
  ],
  ["too many files", Array.from({ length: 101 }, (_, n): TarPart => ({ path: String(n) }))],
  ["more bytes than allowed", [{ path: "big", content: Buffer.alloc(1_000_001) }]],
  ["a file that claims more than there is", [{ path: "big", content: "x", sizeBytes: 900_000 }]],
  ["a header that claims gigabytes", [{ path: "x", type: "x", sizeBytes: 2 ** 33 - 1 }]],
  ["a pax header that is broken", [{ path: "x", type: "x", content: "999 path=x\n" }]],
];
for (const [name, parts] of refusals) {
  test(`${name} is refused, and leaves nothing`, async (t) => {
    const { folder, images, unpack } = await openImages(t);
    await assert.rejects(unpack(tarBytes(parts)), { name: "ImageRejected" });
    assert.deepEqual(await readdir(join(folder, "images")), []);
    assert.equal(await readFile(join(folder, "outside"), "utf8"), "untouched");
    await assert.rejects(images.acquire(digest), { name: "ImageNotUnpacked" });
  });
}

test("layers come compressed or plain, and are what their digest says or refused", async (t) => {
  const tar = tarBytes([{ path: "file", content: "content" }]);
  const good = [layerOf(gzipSync(tar), "gzip"), layerOf(zstdCompressSync(tar), "zstd"), layerOf(tar)];
  for (const [at, layer] of good.entries()) {
    const { images } = await openImages(t);
    await images.unpack(digest, settings, [layer]);
    assert.equal(await read((await images.acquire(digest)).root, "file"), "content", `layer ${at}`);
  }
  const bad = [
    { ...layerOf(gzipSync(tar), "gzip"), digest: "0".repeat(64) },
    { ...layerOf(tar), sizeBytes: 10 },
    layerOf(tar, "gzip"),
    layerOf(tar, "zstd"),
    layerOf(gzipSync(tar).subarray(0, 60), "gzip"),
    layerOf(Buffer.alloc(1_024, "x")),
  ];
  for (const [at, layer] of bad.entries()) {
    const { images } = await openImages(t);
    await assert.rejects(images.unpack(digest, settings, [layer]), { name: "ImageRejected" }, `layer ${at}`);
  }
});

test("an archive that unpacks to gigabytes is stopped at the limit", async (t) => {
  const bomb = gzipSync(tarBytes([{ path: "bomb", content: Buffer.alloc(64 * 1024 * 1024) }]));
  const { images } = await openImages(t);
  await assert.rejects(images.unpack(digest, settings, [layerOf(bomb, "gzip")]), { name: "ImageRejected", message: /larger than/ });
});

test("an image is unpacked once for all who ask, is there after a restart, and goes when it is deleted", async (t) => {
  const { folder, images } = await openImages(t);
  let opened = 0;
  const tar = tarBytes([{ path: "file", content: "x" }]);
  const layer: ImageLayer = {
    ...layerOf(tar),
    async open() {
      opened++;
      return Readable.from([tar]);
    },
  };
  await Promise.all([images.unpack(digest, settings, [layer]), images.unpack(digest, settings, [layer])]);
  await images.unpack(digest, settings, [layer]);
  assert.equal(opened, 1);
  await mkdir(join(folder, "images", `${digest}.partial-x`));
  const limits = { maxUnpackedBytes: 1, maxEntries: 1 };
  const again = await UnpackedImages.open(join(folder, "images"), limits);
  assert.deepEqual({ ...(await again.acquire(digest)), root: "" }, { ...settings, root: "" });
  assert.deepEqual(await readdir(join(folder, "images")), [digest]);
  await again.delete(digest);
  await again.delete(digest);
  await assert.rejects(access(join(folder, "images", digest)));
  assert.ok((await lstat(folder)).isDirectory());
});
