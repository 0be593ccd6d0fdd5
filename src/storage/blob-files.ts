import { access, mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Blob, type BlobDigest, BlobNotFound, type BlobStore } from "./blobs.ts";
import { emptyFolder, syncToDisk, writeFileDurably } from "./durable-file.ts";

/** Opens the blobs kept under `folder`: the blob `abcd…` is the file `ab/cd…`. Clears away what a crash left half-written. */
export async function openBlobFiles(folder: string): Promise<BlobStore> {
  const scratchFolder = join(folder, "incoming");
  await emptyFolder(scratchFolder);
  return new BlobFiles(folder, scratchFolder);
}

class BlobFiles implements BlobStore {
  readonly #folder: string;
  readonly #scratchFolder: string;
  /** Puts that run, so that equal bytes are written once. */
  readonly #storing = new Map<BlobDigest, Promise<void>>();

  constructor(folder: string, scratchFolder: string) {
    this.#folder = folder;
    this.#scratchFolder = scratchFolder;
  }

  async put(bytes: Uint8Array): Promise<Blob> {
    // Web Crypto hashes on another thread; a package of 50 MB would stop this one for a while.
    const hash = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
    const digest = Buffer.from(hash).toString("hex");
    let storing = this.#storing.get(digest);
    if (storing === undefined) {
      storing = this.#store(digest, bytes).finally(() => this.#storing.delete(digest));
      this.#storing.set(digest, storing);
    }
    await storing;
    return { digest, sizeBytes: bytes.length };
  }

  async read(digest: BlobDigest): Promise<Buffer> {
    try {
      return await readFile(this.path(digest));
    } catch (error) {
      throw isNotFound(error) ? new BlobNotFound(digest) : error;
    }
  }

  path(digest: BlobDigest): string {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new TypeError(`not a blob's digest: ${digest}`);
    return join(this.#folder, digest.slice(0, 2), digest.slice(2));
  }

  async has(digest: BlobDigest): Promise<boolean> {
    try {
      await access(this.path(digest));
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async delete(digest: BlobDigest): Promise<void> {
    await rm(this.path(digest), { force: true });
  }

  async #store(digest: BlobDigest, bytes: Uint8Array): Promise<void> {
    const path = this.path(digest);
    // Whoever stored it may have been killed between naming the file and syncing the folder.
    if (await this.has(digest)) return syncToDisk(dirname(path));
    const createdFolder = await mkdir(dirname(path), { recursive: true });
    if (createdFolder !== undefined) await syncToDisk(this.#folder);
    await writeFileDurably(path, bytes, { mode: 0o400, scratchFolder: this.#scratchFolder });
  }
}

const isNotFound = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";
