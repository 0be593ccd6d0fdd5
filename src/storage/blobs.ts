/** Content-addressed files: code packages, layers, later objects. The name of a blob is the SHA-256 of its bytes. */
export interface BlobStore {
  /** Stores the bytes durably (file and folder are synced); storing the same bytes again costs no second copy. */
  put(bytes: Uint8Array): Promise<Blob>;
  /** The whole content; rejects with `BlobNotFound`. */
  read(digest: BlobDigest): Promise<Buffer>;
  /** Absolute path of the blob's read-only file. */
  path(digest: BlobDigest): string;
  has(digest: BlobDigest): Promise<boolean>;
  /** Removing a blob that is not there is not an error. */
  delete(digest: BlobDigest): Promise<void>;
}

/** SHA-256 as 64 lower-case hexadecimal digits. */
export type BlobDigest = string;

export interface Blob {
  digest: BlobDigest;
  sizeBytes: number;
}

export class BlobNotFound extends Error {
  constructor(digest: BlobDigest) {
    super(`no blob ${digest}`);
    this.name = "BlobNotFound";
  }
}
