import type { Readable } from "node:stream";

/** Where images come from: a layout on this machine (layout-source.ts) or a registry (registry-source.ts). */
export interface ImageSource {
  /** The bytes of a manifest or index, by tag or digest; they are not checked yet. Rejects with `ImageProblem`. */
  manifest(reference: string): Promise<Buffer>;
  /** The bytes of an image's configuration, not checked either. Rejects with `ImageProblem`. */
  config(digest: string): Promise<Buffer>;
  /** A layer, likewise. */
  blob(digest: string): Promise<Readable>;
}

/** Why an image cannot be had. */
export class ImageProblem extends Error {
  readonly kind: "missing" | "denied" | "invalid" | "unreachable";

  constructor(kind: ImageProblem["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ImageProblem";
    this.kind = kind;
  }
}

/** Manifests are small: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests (4 megabytes are to be taken) */
export const maxManifestBytes = 4 * 1024 * 1024;

/** Rejects with `ImageProblem` for more than `mostBytes`. */
export async function readAll(stream: AsyncIterable<Uint8Array>, mostBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream) {
    sizeBytes += chunk.length;
    if (sizeBytes > mostBytes) throw new ImageProblem("invalid", "a document of the image is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Digests become parts of paths. Throws `ImageProblem` for what is no SHA-256. */
export function checkedDigest(digest: string): [algorithm: string, hex: string] {
  const [, hex] = /^sha256:([0-9a-f]{64})$/.exec(digest) ?? [];
  if (hex === undefined) throw new ImageProblem("invalid", "a digest of the image is no SHA-256");
  return ["sha256", hex];
}

/** Throws `ImageProblem` for what is no JSON object. */
export function parseDocument<T>(bytes: Buffer): T {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (value !== null && typeof value === "object") return value as T;
  } catch {
    // As for what is no object.
  }
  throw new ImageProblem("invalid", "a document of the image is no JSON");
}
