import assert from "node:assert/strict";
import { lstat, mkdtemp, readFile, readdir, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { type ZipBytesEntry, zipBytes } from "#test/zip-bytes.ts";
import { type ZipRejection, ZipRejected } from "./zip-rules.ts";
import { extractZip, inspectZip } from "./zip.ts";

const limits = { maxUnzippedBytes: 1_000_000, maxEntries: 50, maxPathBytes: 300 };
const link = (name: string, target: string): ZipBytesEntry => ({ name, content: target, mode: 0o120777 });

describe("an honest archive", () => {
  let parent: string;
  let target: string;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), "pilotlight-zip-"));
    target = join(parent, "code");
  });
  afterEach(() => rm(parent, { recursive: true }));

  const modeOf = async (path: string): Promise<number> => (await stat(join(target, path))).mode & 0o7777;

  test("is counted and extracted, whether stored or deflated", async () => {
    const bytes = zipBytes([
      { name: "index.js", content: "a".repeat(100_000) },
      { name: "lib/", mode: 0o040755 },
      { name: "lib/deep/er/x.txt", content: "stored", isStored: true },
      { name: "empty" },
    ]);
    assert.deepEqual(await inspectZip(bytes, limits), { entryCount: 4, unzippedBytes: 100_006 });
    await extractZip(bytes, target, limits);
    assert.equal(await readFile(join(target, "index.js"), "utf8"), "a".repeat(100_000));
    assert.equal(await readFile(join(target, "lib/deep/er/x.txt"), "utf8"), "stored");
    assert.equal(await readFile(join(target, "empty"), "utf8"), "");
    assert.deepEqual(await readdir(parent), ["code"]);
  });

  test("keeps permission bits, without setuid and the like, and is readable by all", async () => {
    const bytes = zipBytes([
      { name: "run", mode: 0o100700 },
      { name: "root-me", mode: 0o106755 },
      { name: "dos", mode: 0 },
      { name: "private/", mode: 0o041700 },
      { name: "private/x", mode: 0o100600 },
      { name: "implied/x" },
    ]);
    await extractZip(bytes, target, limits);
    const paths = ["", "run", "root-me", "dos", "private", "private/x", "implied"];
    const modes = await Promise.all(paths.map(async (path) => (await modeOf(path)).toString(8)));
    assert.deepEqual(modes, ["755", "744", "755", "644", "755", "644", "755"]);
  });

  test("keeps links that stay inside, even dangling ones", async () => {
    await extractZip(
      zipBytes([link("lib/current", "../v1"), { name: "v1/x", content: "one" }, link("dangling", "lib/nothing")]),
      target,
      limits,
    );
    assert.equal(await readlink(join(target, "lib/current")), "../v1");
    assert.equal(await readFile(join(target, "lib/current/x"), "utf8"), "one");
    assert((await lstat(join(target, "dangling"))).isSymbolicLink());
  });

  test("has its odd but harmless paths made plain, and the last of two equal names wins", async () => {
    const bytes = zipBytes([
      { name: "./" },
      { name: "./a//b", content: "first" },
      { name: "a/b", content: "last" },
      link("c", "a"),
      { name: "c", content: "file" },
    ]);
    await extractZip(bytes, target, limits);
    assert.equal(await readFile(join(target, "a/b"), "utf8"), "last");
    assert((await lstat(join(target, "c"))).isFile());
  });

  test("is not extracted over something", async () => {
    await extractZip(zipBytes([{ name: "first" }]), target, limits);
    await assert.rejects(extractZip(zipBytes([{ name: "second" }]), target, limits), { code: "ENOTEMPTY" });
    assert.deepEqual(await readdir(parent), ["code"]);
  });

  test("that turns out broken on the way leaves nothing behind", async () => {
    const bytes = zipBytes([
      { name: "good", content: "good" },
      { name: "bad", content: "bad", declaredCrc: 1 },
    ]);
    await assert.rejects(extractZip(bytes, target, limits), ZipRejected);
    assert.deepEqual(await readdir(parent), []);
  });

  test("is read where it lies in a larger buffer", async () => {
    const bytes = zipBytes([{ name: "x", content: "x" }]);
    const larger = Buffer.concat([Buffer.alloc(9), bytes, Buffer.alloc(9)]);
    assert.equal((await inspectZip(larger.subarray(9, 9 + bytes.length), limits)).unzippedBytes, 1);
  });
});

describe("a hostile archive is refused:", () => {
  const sound = zipBytes([{ name: "x", content: "some content that is long enough" }]);
  const large = "z".repeat(400_000);
  const cases: ReadonlyArray<[what: string, reason: ZipRejection, bytes: Buffer]> = [
    ["no bytes at all", "corrupt", Buffer.alloc(0)],
    ["no zip", "corrupt", Buffer.from("#!/bin/sh\necho this is no archive, whatever its name says")],
    ["cut short at the end", "corrupt", sound.subarray(0, -1)],
    ["cut short at the beginning", "corrupt", sound.subarray(10)],
    ["a wrong checksum", "corrupt", zipBytes([{ name: "x", content: "x", declaredCrc: 7 }])],
    ["garbage for deflated bytes", "corrupt", zipBytes([{ name: "x", content: "\xff".repeat(9), isStored: true, method: 8 }])],
    ["an entry count that lies", "corrupt", zipBytes([{ name: "x" }], 2)],
    ["more bytes than declared", "corrupt", zipBytes([{ name: "x", content: large, declaredSize: 10 }])],
    ["fewer bytes than declared", "corrupt", zipBytes([{ name: "x", content: "x", declaredSize: 10 }])],
    ["too many bytes in one entry", "too-large", zipBytes([{ name: "x", content: Buffer.alloc(1_000_001) }])],
    ["too many bytes in all", "too-large", zipBytes(["a", "b", "c"].map((name) => ({ name, content: large })))],
    ["too many entries", "too-many-entries", zipBytes(Array.from({ length: 51 }, (_, index) => ({ name: `${index}` })))],
    ["too many folders", "too-many-entries", zipBytes(["x", "y"].map((top) => ({ name: `${top}/`.repeat(30) + "file" })))],
    [
      "entries that share bytes",
      "overlapping-entries",
      zipBytes([
        { name: "a", content: large },
        { name: "b", content: large, headerOf: 0 },
      ]),
    ],
    ["an encrypted entry", "encrypted", zipBytes([{ name: "x", content: "x", flags: 1 }])],
    ["an unknown compression", "unsupported-compression", zipBytes([{ name: "x", content: "x", method: 14 }])],
    ["an absolute path", "unsafe-path", zipBytes([{ name: "/etc/passwd" }])],
    ["a drive letter", "unsafe-path", zipBytes([{ name: "c:/x" }])],
    ["a path that climbs out", "unsafe-path", zipBytes([{ name: "a/../../x" }])],
    ["a folder that climbs out", "unsafe-path", zipBytes([{ name: "../", mode: 0o040755 }])],
    ["a backslash", "unsafe-path", zipBytes([{ name: "a\\b" }])],
    ["a NUL", "unsafe-path", zipBytes([{ name: "a\0b" }])],
    ["a file without a name", "unsafe-path", zipBytes([{ name: "." }])],
    ["a long path", "path-too-long", zipBytes([{ name: "d/".repeat(150) + "x" }])],
    ["a long name", "path-too-long", zipBytes([{ name: "n".repeat(256) }])],
    ["a pipe", "unsupported-file-type", zipBytes([{ name: "x", mode: 0o010644 }])],
    ["a device", "unsupported-file-type", zipBytes([{ name: "x", mode: 0o060644 }])],
    ["a file below a file", "path-conflict", zipBytes([{ name: "a" }, { name: "a/b" }])],
    ["a file where a folder is", "path-conflict", zipBytes([{ name: "a/b" }, { name: "a" }])],
    ["a folder where a file is", "path-conflict", zipBytes([{ name: "a" }, { name: "a/", mode: 0o040755 }])],
    ["a file below a link", "path-conflict", zipBytes([link("a", "b"), { name: "a/x" }])],
    ["a link over a folder with files", "path-conflict", zipBytes([{ name: "a/x" }, link("a", "b")])],
    ["an absolute link", "unsafe-link", zipBytes([link("a", "/etc/passwd")])],
    ["a link that climbs out", "unsafe-link", zipBytes([link("d/a", "../../x")])],
    ["a link out by way of another", "unsafe-link", zipBytes([{ name: "d/x" }, link("d/up", ".."), link("out", "d/up/..")])],
    ["links in a circle", "unsafe-link", zipBytes([link("a", "b"), link("b", "a")])],
    ["a link to nothing at all", "unsafe-link", zipBytes([link("a", "")])],
    ["a link with an endless target", "unsafe-link", zipBytes([link("a", "x".repeat(5_000))])],
  ];
  for (const [what, reason, bytes] of cases) {
    test(what, async () => {
      await assert.rejects(inspectZip(bytes, limits), (error) => {
        assert(error instanceof ZipRejected, String(error));
        assert.equal(error.reason, reason, error.message);
        return true;
      });
    });
  }
});
