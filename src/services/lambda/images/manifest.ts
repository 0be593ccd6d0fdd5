/**
 * Reading the documents of an image: https://github.com/opencontainers/image-spec/blob/main/manifest.md, and Docker's, which came before and are
 * alike. Every document is compared with the digest it was asked by, except the first, whose digest names the image.
 */
import { createHash } from "node:crypto";
import type { ImageLayer, ImageSettings } from "#storage/images/unpacked-images.ts";
import { checkedDigest, ImageProblem, type ImageSource, parseDocument } from "./image-source.ts";

const oneImage = ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];
const manyImages = ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];
export const manifestTypes: readonly string[] = [...oneImage, ...manyImages];

const compressions: Readonly<Record<string, ImageLayer["compression"]>> = {
  "application/vnd.oci.image.layer.v1.tar": "none",
  "application/vnd.oci.image.layer.v1.tar+gzip": "gzip",
  "application/vnd.oci.image.layer.v1.tar+zstd": "zstd",
  "application/vnd.docker.image.rootfs.diff.tar": "none",
  "application/vnd.docker.image.rootfs.diff.tar.gzip": "gzip",
};
/** Docker's limit. */
const maxLayers = 127;

interface Descriptor {
  mediaType?: string;
  digest?: string;
  size?: number;
  platform?: { os?: string; architecture?: string };
}

interface Document {
  mediaType?: string;
  manifests?: Descriptor[];
  config?: Descriptor;
  layers?: Descriptor[];
}

interface Config {
  config?: { Entrypoint?: string[] | null; Cmd?: string[] | null; WorkingDir?: string; Env?: string[] | null };
}

export interface ImageDescription {
  /** Of the manifest: 64 hexadecimal digits. */
  digest: string;
  settings: ImageSettings;
  layers: ImageLayer[];
}

/** Finds an image and what it consists of; of several for different machines, the one for this architecture. Rejects with `ImageProblem`. */
export async function describeImage(source: ImageSource, reference: string, architecture: "x86_64" | "arm64"): Promise<ImageDescription> {
  let bytes = await source.manifest(reference);
  if (reference.startsWith("sha256:")) checkDigest(bytes, reference);
  let document = parseDocument<Document>(bytes);
  if (document.manifests !== undefined) {
    const wanted = architecture === "x86_64" ? "amd64" : architecture;
    const found = document.manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === wanted);
    if (found?.digest === undefined) throw new ImageProblem("invalid", `the image has none for linux/${wanted}`);
    bytes = await source.manifest(found.digest);
    checkDigest(bytes, found.digest);
    document = parseDocument<Document>(bytes);
  }
  if (document.config?.digest === undefined || !Array.isArray(document.layers) || document.layers.length > maxLayers)
    throw new ImageProblem("invalid", "the manifest is not that of an image");
  const config = await source.config(document.config.digest);
  checkDigest(config, document.config.digest);
  return {
    digest: sha256(bytes),
    settings: settingsOf(parseDocument<Config>(config)),
    layers: document.layers.map((layer) => layerOf(source, layer)),
  };
}

function layerOf(source: ImageSource, { digest = "", size, mediaType = "" }: Descriptor): ImageLayer {
  const compression = Object.hasOwn(compressions, mediaType) ? compressions[mediaType] : undefined;
  if (compression === undefined || !Number.isSafeInteger(size))
    throw new ImageProblem("invalid", `layers of type ${mediaType} are not known`);
  const [, hex] = checkedDigest(digest);
  return { digest: hex, sizeBytes: size as number, compression, open: () => source.blob(digest) };
}

function settingsOf({ config = {} }: Config): ImageSettings {
  const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === "string") : []);
  const variables = strings(config.Env).map((line): [string, string] => [
    line.split("=", 1)[0] as string,
    line.slice(line.indexOf("=") + 1),
  ]);
  return {
    entryPoint: strings(config.Entrypoint),
    command: strings(config.Cmd),
    workingDirectory: typeof config.WorkingDir === "string" ? config.WorkingDir : "",
    variables: Object.fromEntries(variables),
  };
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

function checkDigest(bytes: Buffer, digest: string): void {
  if (sha256(bytes) !== checkedDigest(digest)[1])
    throw new ImageProblem("invalid", `a document of the image is not what its digest ${digest} says`);
}
