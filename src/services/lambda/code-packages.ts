import { Semaphore } from "#kit/semaphore.ts";
import type { BlobStore } from "#storage/blobs.ts";
import type { UnpackedImages } from "#storage/images/unpacked-images.ts";
import type { UnpackedPackages } from "#storage/unpacked.ts";
import { type ZipLimits, ZipRejected } from "#storage/zip-rules.ts";
import { inspectZip } from "#storage/zip.ts";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "./errors.ts";
import type { CodePackage, FunctionVersion } from "./function-version.ts";
import { packageEntries, packagePathBytes, unzippedPackageBytes, zippedPackageBytes } from "./limits.ts";
import type { FunctionStore } from "./store/functions.ts";
import type { LayerStore } from "./store/layers.ts";

export const packageLimits: ZipLimits = {
  maxUnzippedBytes: unzippedPackageBytes,
  maxEntries: packageEntries,
  maxPathBytes: packagePathBytes,
};

/** What packages and images are unpacked to. */
interface UnpackedCopies {
  unpacked: Pick<UnpackedPackages, "delete" | "deleteMerged">;
  images: Pick<UnpackedImages, "delete">;
}

/** The zip files of functions and layers, and their images: each content is kept once, for as long as some version of either uses it. */
export class CodePackages {
  readonly #blobs: BlobStore;
  readonly #copies: UnpackedCopies;
  readonly #functions: Pick<FunctionStore, "usesCode" | "usesLayers">;
  readonly #layers: Pick<LayerStore, "usesCode">;
  /** Digests that a request is about to use: stored, but not yet named by a version. */
  readonly #held = new Map<string, number>();
  /** Storing and removing take turns, lest a package go while somebody takes it for stored. */
  readonly #turns = new Semaphore(1);

  constructor(
    blobs: BlobStore,
    copies: UnpackedCopies,
    functions: Pick<FunctionStore, "usesCode" | "usesLayers">,
    layers: Pick<LayerStore, "usesCode">,
  ) {
    this.#blobs = blobs;
    this.#copies = copies;
    this.#functions = functions;
    this.#layers = layers;
  }

  /** Checks the zip, keeps it, and runs `use`, after which it stays if a version names it. Rejects with AWS's errors for a bad zip. */
  async keepFor<Result>(zip: Uint8Array, use: (code: CodePackage) => Promise<Result>): Promise<Result> {
    const code = await inspectPackage(zip);
    return this.holding([code.digest], async () => {
      await this.#blobs.put(zip);
      return use(code);
    });
  }

  /** Keeps packages while `use` runs; those that no version names then are removed. */
  async holding<Result>(digests: readonly string[], use: () => Promise<Result>): Promise<Result> {
    await this.#turns.run(async () => {
      for (const digest of digests) this.#held.set(digest, (this.#held.get(digest) ?? 0) + 1);
    });
    try {
      return await use();
    } finally {
      for (const digest of digests) this.#release(digest);
      for (const digest of digests) await this.removeUnused(digest);
    }
  }

  /** Deletes what a version that is gone used, unless another one uses it too. */
  async removeUnusedOf({ code, layers = [] }: Pick<FunctionVersion, "code" | "layers">): Promise<void> {
    const digests = layers.map(({ digest }) => digest);
    await this.#turns.run(async () => {
      const isHeld = digests.some((digest) => this.#held.has(digest));
      if (!isHeld && !(await this.#functions.usesLayers(digests))) await this.#copies.unpacked.deleteMerged(digests);
    });
    for (const digest of [code.digest, ...digests]) await this.removeUnused(digest);
  }

  /** Deletes a package or an image, with its unpacked copy, unless a version uses it. */
  removeUnused(digest: string): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#held.has(digest) || (await this.#functions.usesCode(digest)) || (await this.#layers.usesCode(digest))) return;
      await this.#copies.unpacked.delete(digest);
      await this.#copies.images.delete(digest);
      await this.#blobs.delete(digest);
    });
  }

  #release(digest: string): void {
    const holders = this.#held.get(digest)! - 1;
    if (holders === 0) this.#held.delete(digest);
    else this.#held.set(digest, holders);
  }
}

/** Checks an uploaded zip and describes it; nothing is kept. Rejects with AWS's errors for one that is too large or not sound. */
export async function inspectPackage(zip: Uint8Array): Promise<CodePackage> {
  if (zip.length > zippedPackageBytes) {
    throw new AwsError("RequestEntityTooLargeException", `Zipped size must be smaller than ${zippedPackageBytes} bytes`);
  }
  if (zip.length === 0) throw invalidParameter("Uploaded file must be a non-empty zip");
  const { unzippedBytes } = await inspectZip(zip, packageLimits).catch(explain);
  // On another thread: 50 MB would stop this one for a while.
  const hash = Buffer.from(await crypto.subtle.digest("SHA-256", zip as Uint8Array<ArrayBuffer>));
  return { digest: hash.toString("hex"), sha256: hash.toString("base64"), sizeBytes: zip.length, unzippedBytes };
}

function explain(error: unknown): never {
  if (!(error instanceof ZipRejected)) throw error;
  if (error.reason === "too-large") throw invalidParameter(`Unzipped size must be smaller than ${unzippedPackageBytes} bytes`);
  throw invalidParameter("Could not unzip uploaded file. Please check your file, then try to upload again.");
}
