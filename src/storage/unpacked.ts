import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BlobDigest, BlobStore } from "./blobs.ts";
import { mergeFolders } from "./merged-folder.ts";
import { removeAtOnce } from "./remove-at-once.ts";
import type { ZipLimits } from "./zip-rules.ts";
import { extractZip } from "./zip.ts";

/**
 * Code packages and layers as folders: each zip in the blob store is extracted once and shared by everything that runs it. Several of
 * them laid over each other are a folder too, made once for each list and named by the hash of it.
 */
export class UnpackedPackages {
  readonly #folder: string;
  readonly #blobs: BlobStore;
  readonly #limits: ZipLimits;
  readonly #folders = new Map<BlobDigest, Promise<string>>();

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
    return this.#once(digest, () => this.#unpack(digest));
  }

  /** The packages laid over each other in this order, later ones winning. One package alone is its own folder. Rejects as `acquire`. */
  acquireMerged(digests: readonly BlobDigest[]): Promise<string> {
    const [only, ...others] = digests;
    if (only !== undefined && others.length === 0) return this.acquire(only);
    const name = mergedName(digests);
    return this.#once(name, () => this.#merge(digests, name));
  }

  /** For a package that nothing uses any more. The blob stays. */
  delete(digest: BlobDigest): Promise<void> {
    return this.#delete(digest);
  }

  /** For a list that nothing uses any more. The packages stay. */
  async deleteMerged(digests: readonly BlobDigest[]): Promise<void> {
    if (digests.length > 1) await this.#delete(mergedName(digests));
  }

  #once(name: string, make: () => Promise<string>): Promise<string> {
    let folder = this.#folders.get(name);
    if (folder === undefined) {
      folder = make();
      this.#folders.set(name, folder);
      folder.catch(() => this.#folders.delete(name));
    }
    return folder;
  }

  async #delete(name: string): Promise<void> {
    await this.#folders.get(name)?.catch(() => undefined);
    this.#folders.delete(name);
    await removeAtOnce(join(this.#folder, name));
  }

  async #merge(digests: readonly BlobDigest[], name: string): Promise<string> {
    const folder = join(this.#folder, name);
    if (!(await exists(folder))) await mergeFolders(await Promise.all(digests.map((digest) => this.acquire(digest))), folder);
    return folder;
  }

  async #unpack(digest: BlobDigest): Promise<string> {
    const folder = join(this.#folder, digest);
    if (!(await exists(folder))) await extractZip(await this.#blobs.read(digest), folder, this.#limits);
    return folder;
  }
}

const mergedName = (digests: readonly BlobDigest[]): string =>
  createHash("sha256")
    .update(`merged ${digests.join(" ")}`)
    .digest("hex");

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
