import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { addImage } from "#test/oci-layouts.ts";
import { openLayout } from "./layout-source.ts";
import { describeImage } from "./manifest.ts";

const parts = { layers: [[{ path: "file", content: "x" }]], config: { Entrypoint: ["/run"] } };

async function makeFolders(t: TestContext) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "layouts-")));
  t.after(() => rm(folder, { recursive: true }));
  const [allowed, layout] = [join(folder, "allowed"), join(folder, "allowed", "app")];
  const digest = await addImage(layout, "1", parts);
  return { folder, allowed, layout, digest };
}

test("an image is found by its tag, by its digest, and as the only one there is", async (t) => {
  const { allowed, layout, digest } = await makeFolders(t);
  const source = await openLayout(layout, ["/nowhere", allowed]);
  for (const reference of ["1", "latest", digest])
    assert.equal(`sha256:${(await describeImage(source, reference, "x86_64")).digest}`, digest);
  await assert.rejects(source.manifest("2"), { name: "ImageProblem", kind: "missing" });
  await addImage(layout, "2", { ...parts, layers: [] });
  await assert.rejects(source.manifest("latest"), { name: "ImageProblem", kind: "missing" });
  await writeFile(join(layout, "index.json"), "[");
  await assert.rejects(source.manifest("1"), { name: "ImageProblem", kind: "invalid" });
});

test("an archive of a layout is as good as the folder", async (t) => {
  const { allowed, layout, digest } = await makeFolders(t);
  const archive = join(allowed, "app.tar");
  execFileSync("tar", ["--create", "--file", archive, "--directory", layout, "."]);
  const source = await openLayout(archive, [allowed]);
  const { layers, settings } = await describeImage(source, "1", "x86_64");
  assert.deepEqual(settings.entryPoint, ["/run"]);
  assert.equal((await buffer(await layers[0]!.open())).length, layers[0]!.sizeBytes);
  assert.equal(`sha256:${(await describeImage(source, digest, "x86_64")).digest}`, digest);
  await assert.rejects(source.manifest(`sha256:${"0".repeat(64)}`), { name: "ImageProblem", kind: "missing" });
  await writeFile(archive, "no archive");
  await assert.rejects(source.manifest("1"), { name: "ImageRejected" });
});

test("what lies outside of the named folders is not there, whatever way leads to it", async (t) => {
  const { folder, allowed, layout } = await makeFolders(t);
  await addImage(join(folder, "secret"), "1", parts);
  await symlink(join(folder, "secret"), join(allowed, "link"));
  const ways = [join(folder, "secret"), join(allowed, "link"), `${allowed}/../secret`, join(folder, "nothing"), folder];
  for (const way of ways) await assert.rejects(openLayout(way, [allowed]), { name: "ImageProblem", kind: "denied" }, way);
  await assert.rejects(openLayout(layout, []), { name: "ImageProblem", kind: "denied" });
  await assert.rejects(openLayout(layout, [layout.slice(0, -1)]), { name: "ImageProblem", kind: "denied" });
});

test("a layout's own links lead nowhere else, and folders are no documents", async (t) => {
  const { folder, allowed, layout } = await makeFolders(t);
  const [digest, other] = [`sha256:${"1".repeat(64)}`, `sha256:${"2".repeat(64)}`];
  await writeFile(join(folder, "secret"), "secret");
  await symlink(join(folder, "secret"), join(layout, "blobs", "sha256", "1".repeat(64)));
  await mkdir(join(layout, "blobs", "sha256", "2".repeat(64)));
  const source = await openLayout(layout, [allowed]);
  await assert.rejects(source.blob(digest), { name: "ImageProblem", kind: "missing" });
  await assert.rejects(source.blob(other), { name: "ImageProblem", kind: "invalid" });
  await assert.rejects(source.blob("sha256:../../index.json"), { name: "ImageProblem", kind: "invalid" });
  assert.ok((await readdir(layout)).length > 0);
});
