import { createHash } from "node:crypto";
import { Semaphore } from "#kit/semaphore.ts";
import type { BlobStore } from "#storage/blobs.ts";
import type { UnpackedPackages } from "#storage/unpacked.ts";
import { type ZipLimits, ZipRejected } from "#storage/zip-rules.ts";
import { inspectZip } from "#storage/zip.ts";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "./errors.ts";
import type { CodePackage } from "./function-version.ts";
import { packageEntries, packagePathBytes, unzippedPackageBytes, zippedPackageBytes } from "./limits.ts";
import type { FunctionStore } from "./store/functions.ts";

export const packageLimits: ZipLimits = { maxUnzippedBytes: unzippedPackageBytes, maxEntries: packageEntries, maxPathBytes: packagePathBytes };

/** The zip files of functions: each content is kept once, for as long as some version uses it. */
export class CodePackages {
  readonly #blobs: BlobStore;
  readonly #unpacked: Pick<UnpackedPackages, "delete">;
  readonly #store: FunctionStore;
  /** Digests that a request is about to use: stored, but not yet named by a version. */
  readonly #held = new Map<string, number>();
  /** Storing and removing take turns, lest a package go while somebody takes it for stored. */
  readonly #turns = new Semaphore(1);

  constructor(blobs: BlobStore, unpacked: Pick<UnpackedPackages, "delete">, store: FunctionStore) {
    this.#blobs = blobs;
    this.#unpacked = unpacked;
    this.#store = store;
  }

  /** Checks the zip, keeps it, and runs `use`, after which it stays if a version names it. Rejects with AWS's errors for a bad zip. */
  async keepFor<Result>(zip: Uint8Array, use: (code: CodePackage) => Promise<Result>): Promise<Result> {
    const code = await inspectPackage(zip);
    await this.#turns.run(async () => {
      this.#held.set(code.digest, (this.#held.get(code.digest) ?? 0) + 1);
      await this.#blobs.put(zip);
    });
    try {
      return await use(code);
    } finally {
      this.#release(code.digest);
      await this.removeUnused(code.digest);
    }
  }

  /** Deletes a package and its unpacked copy, unless a version uses it. */
  removeUnused(digest: string): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#held.has(digest) || (await this.#store.usesCode(digest))) return;
      await this.#unpacked.delete(digest);
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
  try {
    await inspectZip(zip, packageLimits);
  } catch (error) {
    if (!(error instanceof ZipRejected)) throw error;
    if (error.reason === "too-large") throw invalidParameter(`Unzipped size must be smaller than ${unzippedPackageBytes} bytes`);
    throw invalidParameter("Could not unzip uploaded file. Please check your file, then try to upload again.");
  }
  const hash = createHash("sha256").update(zip).digest();
  return { digest: hash.toString("hex"), sha256: hash.toString("base64"), sizeBytes: zip.length };
}
