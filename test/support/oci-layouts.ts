/** Small container images as OCI layouts: https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type TarPart, tarBytes } from "./tar-bytes.ts";

export interface ImageParts {
  layers: readonly (readonly TarPart[])[];
  config?: { Entrypoint?: string[]; Cmd?: string[]; WorkingDir?: string; Env?: string[] };
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** Adds an image to the layout, which is made if it is not there; resolves with the digest of its manifest. */
export async function addImage(folder: string, tag: string, { layers, config = {} }: ImageParts): Promise<string> {
  const blobs = join(folder, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });
  const put = async (mediaType: string, bytes: Buffer): Promise<Descriptor> => {
    const hex = createHash("sha256").update(bytes).digest("hex");
    await writeFile(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const tars = layers.map(tarBytes);
  const manifest = await put(
    "application/vnd.oci.image.manifest.v1+json",
    json({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: await put(
        "application/vnd.oci.image.config.v1+json",
        json({
          architecture: "amd64",
          os: "linux",
          config,
          rootfs: { type: "layers", diff_ids: tars.map(() => `sha256:${"0".repeat(64)}`) },
        }),
      ),
      // To compress a whole Node takes seconds.
      layers: await Promise.all(
        tars.map((tar) =>
          tar.length > 1_000_000
            ? put("application/vnd.oci.image.layer.v1.tar", tar)
            : put("application/vnd.oci.image.layer.v1.tar+gzip", gzipSync(tar)),
        ),
      ),
    }),
  );
  const index = join(folder, "index.json");
  const { manifests } = JSON.parse(await readFile(index, "utf8").catch(() => '{"manifests":[]}')) as { manifests: object[] };
  const tagged = { ...manifest, annotations: { "org.opencontainers.image.ref.name": tag } };
  await writeFile(index, JSON.stringify({ schemaVersion: 2, manifests: [...manifests, tagged] }));
  await writeFile(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  return manifest.digest;
}

/** This very Node, with the libraries that it needs, and a runtime client of twenty lines: `index.mjs` exports the handler. */
export async function nodeImage(index: string): Promise<ImageParts> {
  const libraries = [...new Set((process.report.getReport() as { sharedObjects: string[] }).sharedObjects)].filter((path) =>
    path.startsWith("/"),
  );
  const files = [...libraries, "/lib64/ld-linux-x86-64.so.2"];
  const shared = await Promise.all(
    files.map(async (path): Promise<TarPart> => ({ path: path.slice(1), content: await readFile(path), mode: 0o755 })),
  );
  return {
    layers: [
      [...shared, { path: "usr/bin/node", content: await readFile(process.execPath), mode: 0o755 }],
      [
        { path: "app/client.mjs", content: runtimeClient },
        { path: "app/index.mjs", content: index },
      ],
    ],
    config: { Entrypoint: ["node", "/app/client.mjs"], Cmd: ["handler"], WorkingDir: "/app", Env: ["PATH=/usr/bin", "FROM_IMAGE=yes"] },
  };
}

const runtimeClient = `
const api = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2018-06-01/runtime/invocation";
const handler = (await import("/app/index.mjs"))[process.argv[2]];
for (;;) {
  const next = await fetch(api + "/next");
  const id = next.headers.get("lambda-runtime-aws-request-id");
  try {
    const result = await handler(await next.json());
    await fetch(api + "/" + id + "/response", { method: "POST", body: JSON.stringify(result ?? null) });
  } catch (error) {
    const body = JSON.stringify({ errorType: error.name, errorMessage: error.message });
    await fetch(api + "/" + id + "/error", { method: "POST", body });
  }
}`;
