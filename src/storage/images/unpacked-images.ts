/**
 * Container images as folders: each is unpacked once and shared by everything that runs it. A folder is named by the digest of the image's manifest
 * and appears when it is complete and on disk.
 */
import { execFile } from "node:child_process";
import { createHash, type Hash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { promisify } from "node:util";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { syncToDisk } from "../durable-file.ts";
import { removeAtOnce } from "../remove-at-once.ts";
import { ImageRejected } from "./image-rejected.ts";
import { type ImageLimits, ImageTree } from "./image-tree.ts";
import { readTar } from "./tar.ts";

const run = promisify(execFile);

/** What an image says about running it. https://github.com/opencontainers/image-spec/blob/main/config.md */
export interface ImageSettings {
  entryPoint: string[];
  command: string[];
  /** Empty: the root. */
  workingDirectory: string;
  variables: Record<string, string>;
}

export interface ImageLayer {
  /** Of the bytes as they come: SHA-256 as 64 hexadecimal digits. */
  digest: string;
  sizeBytes: number;
  compression: "gzip" | "zstd" | "none";
  open(): Promise<Readable>;
}

export interface UnpackedImage extends ImageSettings {
  /** Absolute path of the folder with the image's files: not to be written to. */
  root: string;
}

/** Where something is mounted into every container. */
const mountFolders = ["proc", "dev", "tmp", "mnt", "etc"];
const mountFiles = ["etc/hosts", "etc/resolv.conf"];

const settingsFile = "settings.json";
const rootFolder = "root";

export class ImageNotUnpacked extends Error {
  constructor(digest: string) {
    super(`the image ${digest} is not here`);
    this.name = "ImageNotUnpacked";
  }
}

export class UnpackedImages {
  readonly #folder: string;
  readonly #limits: ImageLimits;
  readonly #found = new Map<string, UnpackedImage>();
  readonly #unpacking = new Map<string, Promise<void>>();

  private constructor(folder: string, limits: ImageLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** Clears away what a crash interrupted; complete ones are used again. */
  static async open(folder: string, limits: ImageLimits): Promise<UnpackedImages> {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) if (!/^[0-9a-f]{64}$/.test(name)) await rm(join(folder, name), { recursive: true });
    return new UnpackedImages(folder, limits);
  }

  /** Rejects with `ImageNotUnpacked`. */
  async acquire(digest: string): Promise<UnpackedImage> {
    const found = this.#found.get(digest);
    if (found) return found;
    const folder = join(this.#folder, digest);
    const text = await readFile(join(folder, settingsFile), "utf8").catch(() => {
      throw new ImageNotUnpacked(digest);
    });
    const image = { root: join(folder, rootFolder), ...(JSON.parse(text) as ImageSettings) };
    this.#found.set(digest, image);
    return image;
  }

  /** Unpacks an image unless it is here. Rejects with `ImageRejected`, or as the layers do. */
  unpack(digest: string, settings: ImageSettings, layers: readonly ImageLayer[]): Promise<void> {
    let unpacking = this.#unpacking.get(digest);
    if (unpacking === undefined) {
      unpacking = this.#unpack(digest, settings, layers).finally(() => this.#unpacking.delete(digest));
      this.#unpacking.set(digest, unpacking);
    }
    return unpacking;
  }

  async has(digest: string): Promise<boolean> {
    return this.acquire(digest).then(
      () => true,
      () => false,
    );
  }

  /** For an image that nothing uses any more. */
  async delete(digest: string): Promise<void> {
    await this.#unpacking.get(digest)?.catch(() => {});
    this.#found.delete(digest);
    await removeAtOnce(join(this.#folder, digest));
  }

  async #unpack(digest: string, settings: ImageSettings, layers: readonly ImageLayer[]): Promise<void> {
    if (await this.has(digest)) return;
    const scratch = await mkdtemp(join(this.#folder, `${digest}.partial-`));
    try {
      const root = join(scratch, rootFolder);
      await mkdir(root);
      await chmod(root, 0o755);
      const tree = new ImageTree(root, this.#limits);
      for (const layer of layers) await tree.lay(readTar(unpackedBytes(layer)));
      await tree.provide(mountFolders, mountFiles);
      await writeFile(join(scratch, settingsFile), JSON.stringify(settings));
      // Tens of thousands of files: one call for their file system is quicker than one for each of them.
      await run("sync", ["--file-system", scratch]);
      await rename(scratch, join(this.#folder, digest));
    } catch (error) {
      await rm(scratch, { recursive: true, force: true });
      throw error;
    }
    await syncToDisk(this.#folder);
  }
}

/** What a layer unpacks to. At its end the bytes that came are compared with the digest that was promised: `ImageRejected` if they differ. */
async function* unpackedBytes({ digest, sizeBytes, compression, open }: ImageLayer): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  const compressed = await open();
  const counted = compressed.pipe(hashing(hash, sizeBytes));
  compressed.once("error", (error) => counted.destroy(error));
  const plain = compression === "none" ? counted : counted.pipe(compression === "gzip" ? createGunzip() : createZstdDecompress());
  counted.once("error", (error) => plain.destroy(error));
  try {
    for await (const chunk of plain) yield chunk as Buffer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith("Z") || (error as NodeJS.ErrnoException).code?.startsWith("ERR_Z"))
      throw new ImageRejected("a layer is not compressed as it says", { cause: error });
    throw error;
  } finally {
    for (const stream of [compressed, counted, plain]) stream.destroy();
  }
  if (hash.digest("hex") !== digest) throw new ImageRejected(`a layer is not what its digest sha256:${digest} says`);
}

/** Passes bytes on, up to the size that was promised. */
function hashing(hash: Hash, mostBytes: number): Transform {
  let seenBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seenBytes += chunk.length;
      if (seenBytes > mostBytes) return done(new ImageRejected("a layer is larger than it says"));
      hash.update(chunk);
      done(null, chunk);
    },
  });
}
