import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { test } from "node:test";
import { ImageProblem, type ImageSource } from "./image-source.ts";
import { describeImage } from "./manifest.ts";

const blobs = new Map<string, Buffer>();

function put(value: object | string): string {
  const bytes = Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  blobs.set(digest, bytes);
  return digest;
}

/** Serves a manifest by the tag `1`, everything else by its digest. */
function sourceOf(manifest: object): ImageSource {
  const digest = put(manifest);
  const find = (name: string): Buffer => {
    const bytes = blobs.get(name === "1" ? digest : name);
    if (!bytes) throw new ImageProblem("missing", name);
    return bytes;
  };
  return { manifest: async (name) => find(name), config: async (name) => find(name), blob: async (name) => Readable.from([find(name)]) };
}

const config = put({ config: { Entrypoint: ["/run"], Cmd: ["a"], WorkingDir: "/app", Env: ["A=1=2", "B="] } });
const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: `sha256:${"1".repeat(64)}`, size: 5 };
const manifest = { config: { digest: config }, layers: [layer] };

test("an image is described by its manifest and its config", async () => {
  const { digest, settings, layers } = await describeImage(sourceOf(manifest), "1", "x86_64");
  assert.equal(`sha256:${digest}`, put(manifest));
  assert.deepEqual(settings, { entryPoint: ["/run"], command: ["a"], workingDirectory: "/app", variables: { A: "1=2", B: "" } });
  assert.deepEqual(
    layers.map(({ open: _, ...rest }) => rest),
    [{ digest: "1".repeat(64), sizeBytes: 5, compression: "gzip" }],
  );
});

test("an image that says nothing about itself has empty settings", async () => {
  const { settings } = await describeImage(
    sourceOf({ config: { digest: put({ config: { Entrypoint: null, Cmd: null } }) }, layers: [] }),
    "1",
    "x86_64",
  );
  assert.deepEqual(settings, { entryPoint: [], command: [], workingDirectory: "", variables: {} });
});

test("of several images the one for the function's architecture is taken", async () => {
  const other = { ...manifest, annotations: { for: "arm" } };
  const entry = (digest: string, architecture: string) => ({ digest, platform: { os: "linux", architecture } });
  const source = sourceOf({ manifests: [entry(put(other), "arm64"), entry(put(manifest), "amd64")] });
  assert.equal(`sha256:${(await describeImage(source, "1", "x86_64")).digest}`, put(manifest));
  assert.equal(`sha256:${(await describeImage(source, "1", "arm64")).digest}`, put(other));
  const none = sourceOf({ manifests: [entry(put(manifest), "s390x")] });
  await assert.rejects(describeImage(none, "1", "x86_64"), { kind: "invalid" });
});

const lying = `sha256:${"2".repeat(64)}`;
blobs.set(lying, Buffer.from("{}"));
const bad: [name: string, manifest: object][] = [
  ["no config", { layers: [] }],
  ["no layers", { config: { digest: config } }],
  ["a layer of unknown type", { ...manifest, layers: [{ ...layer, mediaType: "application/x-rar" }] }],
  ["a layer of inherited type", { ...manifest, layers: [{ ...layer, mediaType: "constructor" }] }],
  ["a layer without size", { ...manifest, layers: [{ ...layer, size: "big" }] }],
  ["a digest that is a path", { ...manifest, layers: [{ ...layer, digest: "sha256:../../etc/passwd" }] }],
  ["too many layers", { ...manifest, layers: Array.from({ length: 128 }, () => layer) }],
  ["a config that is not what its digest says", { ...manifest, config: { digest: lying } }],
  ["a config that is no JSON", { ...manifest, config: { digest: put("x") } }],
];
for (const [name, broken] of bad) {
  test(`${name} makes an image invalid`, async () => {
    await assert.rejects(describeImage(sourceOf(broken), "1", "x86_64"), { name: "ImageProblem", kind: "invalid" });
  });
}

test("a manifest that is asked for by its digest must have it", async () => {
  await assert.rejects(describeImage(sourceOf(manifest), lying, "x86_64"), { name: "ImageProblem", kind: "invalid" });
});
