export interface ZipLimits {
  /** Of all entries together. */
  maxUnzippedBytes: number;
  maxEntries: number;
  maxPathBytes: number;
}

export type ZipRejection =
  | "corrupt"
  | "encrypted"
  | "unsupported-compression"
  | "unsupported-file-type"
  | "unsafe-path"
  | "unsafe-link"
  | "path-conflict"
  | "path-too-long"
  | "overlapping-entries"
  | "too-many-entries"
  | "too-large";

/** The archive is broken, or not one that may be extracted. */
export class ZipRejected extends Error {
  readonly reason: ZipRejection;

  constructor(reason: ZipRejection, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ZipRejected";
    this.reason = reason;
  }
}
