/**
 * Reading zip archives that strangers made. Everything that the central directory says is judged before the first byte is inflated
 * (zip-plan.ts), and believed only as far as the bytes bear it out.
 */
import { chmod, mkdir, mkdtemp, open, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { type Entry, type ZipFile, fromBufferPromise } from "yauzl";
import { Semaphore } from "#kit/semaphore.ts";
import { syncToDisk } from "./durable-file.ts";
import { refuseEscapingLinks } from "./zip-links.ts";
import { type ZipPlan, filePermissions, planZip } from "./zip-plan.ts";
import { type ZipLimits, ZipRejected } from "./zip-rules.ts";

export interface ZipContents {
  entryCount: number;
  unzippedBytes: number;
}

const concurrentSyncs = 16;
/** A link's target is a path; Linux allows no longer ones. */
const maxLinkTargetBytes = 4_095;

/** Reads the archive through, inflating and checking everything, and keeps nothing. Rejects with `ZipRejected`. */
export async function inspectZip(bytes: Uint8Array, limits: ZipLimits): Promise<ZipContents> {
  const { zip, plan } = await openZip(bytes, limits);
  for (const entry of plan.files.values()) {
    for await (const _ of contentOf(zip, entry));
  }
  await readLinks(zip, plan);
  return { entryCount: zip.entryCount, unzippedBytes: plan.unzippedBytes };
}

/**
 * Extracts the archive into `targetFolder`, which must not exist and appears only when it is complete and on disk. Everything is
 * readable by all, as in AWS; otherwise the archive's permission bits hold. Rejects with `ZipRejected`.
 */
export async function extractZip(bytes: Uint8Array, targetFolder: string, limits: ZipLimits): Promise<void> {
  const { zip, plan } = await openZip(bytes, limits);
  const scratchFolder = await mkdtemp(`${targetFolder}.partial-`);
  try {
    await writeTree(zip, plan, scratchFolder);
    await rename(scratchFolder, targetFolder);
  } catch (error) {
    await rm(scratchFolder, { recursive: true, force: true });
    throw error;
  }
  await syncToDisk(dirname(targetFolder));
}

async function openZip(bytes: Uint8Array, limits: ZipLimits): Promise<{ zip: ZipFile; plan: ZipPlan }> {
  const zip = await orCorrupt(() => fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), { decodeStrings: false }));
  return { zip, plan: await planZip(zip, limits) };
}

/** No path of the plan leads through a link, and the folder is new and ours: nothing here can be led astray. */
async function writeTree(zip: ZipFile, plan: ZipPlan, root: string): Promise<void> {
  const links = await readLinks(zip, plan);
  for (const path of plan.folders.keys()) await mkdir(join(root, path));
  for (const [path, entry] of plan.files) {
    await using file = await open(join(root, path), "wx", 0o600);
    await file.writeFile(contentOf(zip, entry));
    await file.chmod(filePermissions(entry));
  }
  for (const [path, target] of links) await symlink(target, join(root, path));
  for (const [path, mode] of [...plan.folders].toReversed()) await chmod(join(root, path), mode);
  await chmod(root, 0o755);
  // At the end and side by side: the file system then serves many of them with one write of its journal.
  const syncs = new Semaphore(concurrentSyncs);
  const paths = ["", ...plan.folders.keys(), ...plan.files.keys()];
  await Promise.all(paths.map((path) => syncs.run(() => syncToDisk(join(root, path)))));
}

async function readLinks(zip: ZipFile, plan: ZipPlan): Promise<Map<string, string>> {
  const targets = new Map<string, string>();
  for (const [path, entry] of plan.links) {
    if (entry.uncompressedSize > maxLinkTargetBytes) throw new ZipRejected("unsafe-link", `${path} points to too long a path`);
    const chunks: Buffer[] = [];
    for await (const chunk of contentOf(zip, entry)) chunks.push(chunk);
    targets.set(path, Buffer.concat(chunks).toString());
  }
  refuseEscapingLinks(targets);
  return targets;
}

/** The inflated bytes; yauzl stops the stream as soon as there are more of them than were declared. */
async function* contentOf(zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  const stream = await orCorrupt(() => zip.openReadStreamPromise(entry));
  let checksum = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (error) {
    throw new ZipRejected("corrupt", (error as Error).message, { cause: error });
  }
  if (checksum !== entry.crc32) throw new ZipRejected("corrupt", `the checksum of ${entry.fileNameRaw.toString()} is wrong`);
}

async function orCorrupt<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new ZipRejected("corrupt", (error as Error).message, { cause: error });
  }
}
