import { createReadStream } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { readTar } from "#storage/images/tar.ts";
import { checkedDigest, ImageProblem, type ImageSource, maxManifestBytes, parseDocument, readAll } from "./image-source.ts";

/** https://github.com/opencontainers/image-spec/blob/main/annotations.md */
const tagAnnotation = "org.opencontainers.image.ref.name";

interface Index {
  manifests?: { digest?: string; annotations?: Record<string, string> }[];
}

/** Opens a file of the layout. Rejects with `ImageProblem`. */
type OpenFile = (path: string) => Promise<Readable>;

/**
 * A folder in the form of https://github.com/opencontainers/image-spec/blob/main/image-layout.md, or a tar archive of one. It has to lie within one of
 * the folders that the operator has named, whatever links lead there: a function's author must not read this machine's files as if they were images.
 */
export async function openLayout(path: string, allowed: readonly string[]): Promise<ImageSource> {
  const resolved = await Promise.all(allowed.map((folder) => realpath(folder).catch(() => undefined)));
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined || !resolved.some((folder) => folder !== undefined && isWithin(real, folder))) {
    // One answer for both, lest it tell what there is on this machine.
    throw new ImageProblem("denied", `${path} is not there, or lies in no folder that --image-folder names.`);
  }
  const openFile: OpenFile = (await stat(real)).isDirectory() ? (file) => openInFolder(real, file) : (file) => openInArchive(real, file);
  const blob = async (digest: string): Promise<Readable> => openFile(join("blobs", ...checkedDigest(digest)));
  return {
    blob,
    config: async (digest) => readAll(await blob(digest), maxManifestBytes),
    async manifest(reference) {
      const digest = reference.startsWith("sha256:")
        ? reference
        : findTagged(await readAll(await openFile("index.json"), maxManifestBytes), reference);
      return readAll(await blob(digest), maxManifestBytes);
    },
  };
}

/** The digest of a tag; of `latest` also where there is only one image. */
function findTagged(bytes: Buffer, tag: string): string {
  const { manifests = [] } = parseDocument<Index>(bytes);
  const tagged = manifests.find(({ annotations }) => annotations?.[tagAnnotation] === tag);
  const digest = (tagged ?? (manifests.length === 1 && tag === "latest" ? manifests[0] : undefined))?.digest;
  if (digest === undefined) throw new ImageProblem("missing", `the layout has no image ${tag}`);
  return digest;
}

async function openInFolder(folder: string, path: string): Promise<Readable> {
  const file = await realpath(join(folder, path)).catch(() => undefined);
  if (file === undefined || !isWithin(file, folder)) throw new ImageProblem("missing", `${path} is not in the layout`);
  const handle = await open(file, "r");
  if (!(await handle.stat()).isFile()) {
    await handle.close();
    throw new ImageProblem("invalid", `${path} is no file`);
  }
  return handle.createReadStream();
}

/** Looks through the archive for each of its files: there are few, and it lies on this machine. */
async function openInArchive(archive: string, path: string): Promise<Readable> {
  return Readable.from(contentIn(archive, path));
}

async function* contentIn(archive: string, path: string): AsyncGenerator<Buffer> {
  for await (const entry of readTar(createReadStream(archive))) {
    if (entry.type === "file" && join("/", entry.path) === join("/", path)) return yield* entry.content;
  }
  throw new ImageProblem("missing", `${path} is not in the archive`);
}

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
