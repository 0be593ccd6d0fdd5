import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BlobDigest, BlobStore } from "./blobs.ts";
import type { ZipLimits } from "./zip-rules.ts";
import { extractZip } from "./zip.ts";

/** Code packages as folders: each zip in the blob store is extracted once and shared by everything that runs it. */
export class UnpackedPackages {
  readonly #folder: string;
  readonly #blobs: BlobStore;
  readonly #limits: ZipLimits;
  readonly #unpacked = new Map<BlobDigest, Promise<string>>();

  private constructor(folder: string, blobs: BlobStore, limits: ZipLimits) {
    this.#folder = folder;
    this.#blobs = blobs;
    this.#limits = limits;
  }

  /** Clears away extractions that a crash interrupted; complete ones are used again. */
  static async open(folder: string, blobs: BlobStore, limits: ZipLimits): Promise<UnpackedPackages> {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      if (!/^[0-9a-f]{64}$/.test(name)) await rm(join(folder, name), { recursive: true });
    }
    return new UnpackedPackages(folder, blobs, limits);
  }

  /** Absolute path of the folder with the package's files: not to be written to. Rejects with `BlobNotFound` or `ZipRejected`. */
  acquire(digest: BlobDigest): Promise<string> {
    let unpacked = this.#unpacked.get(digest);
    if (unpacked === undefined) {
      unpacked = this.#unpack(digest);
      this.#unpacked.set(digest, unpacked);
      unpacked.catch(() => this.#unpacked.delete(digest));
    }
    return unpacked;
  }

  /** For a package that nothing uses any more. The blob stays. */
  async delete(digest: BlobDigest): Promise<void> {
    await this.#unpacked.get(digest)?.catch(() => undefined);
    this.#unpacked.delete(digest);
    const doomed = join(this.#folder, `${digest}.deleted-${randomUUID()}`);
    try {
      // In one step: there must never be half a package under its name.
      await rename(join(this.#folder, digest), doomed);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    await rm(doomed, { recursive: true });
  }

  async #unpack(digest: BlobDigest): Promise<string> {
    const folder = join(this.#folder, digest);
    const isThere = await stat(folder).then(
      () => true,
      () => false,
    );
    if (!isThere) await extractZip(await this.#blobs.read(digest), folder, this.#limits);
    return folder;
  }
}
