/**
 * Bodies in `content-encoding: aws-chunked`: chunks with their size, and often a signature, in a line before each, then trailers with
 * checksums of the whole. Clients use it for S3, so failures carry S3's codes.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
import { type Hash, createHash, hash } from "node:crypto";
import { AwsError } from "../errors.ts";
import { type Checksum, checksums } from "./checksums.ts";
import { isSigned } from "./signing-keys.ts";
import type { ChunkSigning } from "./sigv4.ts";

export interface ChunkedBodyOptions {
  /** From `verifyRequest`; absent if the chunks are not signed. */
  signing?: ChunkSigning;
  /** The header `x-amz-decoded-content-length`. */
  decodedLengthBytes?: number;
  /** The names in the header `x-amz-trailer`, in lower case. */
  trailerNames: readonly string[];
}

/** The longest regular line is a size, `;chunk-signature=` and 64 digits. */
const maximumLineBytes = 1_024;
const emptyHash = hash("sha256", "");
const trailerSignatureName = "x-amz-trailer-signature";

/**
 * Decodes a body piece by piece. What `push` returns may turn out to be forged or cut off at a later `push` or at `end`: nothing may be
 * made of it before `end` has returned. Both throw an `AwsError`.
 */
export class AwsChunkedDecoder {
  readonly #options: ChunkedBodyOptions;
  readonly #checksums = new Map<string, Checksum>();
  readonly #trailers = new Map<string, string>();
  #awaiting: "chunk" | "chunk-end" | "trailer" | "nothing" = "chunk";
  /** The part of a line that has arrived, Latin-1. */
  #line = "";
  #remainingBytes = 0;
  #decodedBytes = 0;
  #chunkHash: Hash | undefined;
  #chunkSignature = "";
  #previousSignature: string;
  #trailerSignature = "";

  constructor(options: ChunkedBodyOptions) {
    this.#options = options;
    this.#previousSignature = options.signing?.seedSignature ?? "";
    for (const name of options.trailerNames) {
      const start = checksums.get(name);
      if (start) this.#checksums.set(name, start());
    }
  }

  /** Takes the next bytes of the body; returns the data among them, as views of `bytes`. */
  push(bytes: Buffer): Buffer[] {
    const decoded: Buffer[] = [];
    let offset = 0;
    while (offset < bytes.length) {
      if (this.#remainingBytes > 0) {
        const data = bytes.subarray(offset, offset + this.#remainingBytes);
        this.#takeData(data);
        decoded.push(data);
        offset += data.length;
      } else {
        const newline = bytes.indexOf("\n", offset);
        const end = newline === -1 ? bytes.length : newline;
        if (this.#line.length + end - offset > maximumLineBytes) throw malformed("a line is too long");
        this.#line += bytes.toString("latin1", offset, end);
        offset = end + 1;
        if (newline !== -1) this.#takeLine();
      }
    }
    return decoded;
  }

  /** To be called when the body has ended; returns the trailers. */
  end(): ReadonlyMap<string, string> {
    const { decodedLengthBytes } = this.#options;
    if (this.#awaiting !== "nothing") throw new AwsError("IncompleteBody", "The request body terminated unexpectedly");
    if (decodedLengthBytes !== undefined && decodedLengthBytes !== this.#decodedBytes) throw wrongLength();
    return this.#trailers;
  }

  #takeData(data: Buffer): void {
    this.#remainingBytes -= data.length;
    this.#chunkHash?.update(data);
    for (const checksum of this.#checksums.values()) checksum.update(data);
  }

  #takeLine(): void {
    const line = this.#line.endsWith("\r") ? this.#line.slice(0, -1) : this.#line;
    this.#line = "";
    switch (this.#awaiting) {
      case "chunk":
        return this.#beginChunk(line);
      case "chunk-end":
        if (line !== "") throw malformed("a chunk is longer than announced");
        return this.#finishChunk("chunk");
      case "trailer":
        return line === "" ? this.#finishTrailers() : this.#takeTrailer(line);
      case "nothing":
        throw malformed("there is more after its end");
    }
  }

  #beginChunk(line: string): void {
    const match = /^([0-9a-f]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(line);
    if (match === null) throw malformed("a chunk has no size");
    const sizeBytes = Number.parseInt(match[1]!, 16);
    this.#chunkSignature = match[2] ?? "";
    this.#chunkHash = this.#options.signing && createHash("sha256");
    this.#remainingBytes = sizeBytes;
    this.#decodedBytes += sizeBytes;
    if (this.#decodedBytes > (this.#options.decodedLengthBytes ?? Number.MAX_SAFE_INTEGER)) throw wrongLength();
    if (sizeBytes === 0) this.#finishChunk("trailer");
    else this.#awaiting = "chunk-end";
  }

  #finishChunk(next: "chunk" | "trailer"): void {
    this.#checkSignature("AWS4-HMAC-SHA256-PAYLOAD", this.#chunkSignature, () => `${emptyHash}\n${this.#chunkHash!.digest("hex")}`);
    this.#awaiting = next;
  }

  #takeTrailer(line: string): void {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === trailerSignatureName) {
      this.#trailerSignature = value;
    } else if (this.#options.trailerNames.includes(name)) {
      this.#trailers.set(name, value);
    } else {
      throw malformedTrailer();
    }
  }

  #finishTrailers(): void {
    for (const name of this.#options.trailerNames) if (!this.#trailers.has(name)) throw malformedTrailer();
    if (this.#options.trailerNames.length > 0) {
      const lines = Array.from(this.#trailers, ([name, value]) => `${name}:${value}\n`).toSorted();
      this.#checkSignature("AWS4-HMAC-SHA256-TRAILER", this.#trailerSignature, () => hash("sha256", lines.join("")));
    }
    for (const [name, checksum] of this.#checksums) {
      if (checksum.digest() !== this.#trailers.get(name)) {
        const algorithm = name.slice(name.lastIndexOf("-") + 1).toUpperCase();
        throw new AwsError("BadDigest", `The ${algorithm} you specified did not match the calculated checksum.`);
      }
    }
    this.#awaiting = "nothing";
  }

  #checkSignature(algorithm: string, signature: string, content: () => string): void {
    const { signing } = this.#options;
    if (signing === undefined) return;
    if (
      !isSigned(signing.key, `${algorithm}\n${signing.timestamp}\n${signing.scope}\n${this.#previousSignature}\n${content()}`, signature)
    ) {
      throw new AwsError(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      );
    }
    this.#previousSignature = signature;
  }
}

const malformed = (what: string): AwsError => new AwsError("InvalidRequest", `The aws-chunked body is malformed: ${what}.`);

const malformedTrailer = (): AwsError =>
  new AwsError(
    "MalformedTrailerError",
    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
  );

const wrongLength = (): AwsError =>
  new AwsError("IncompleteBody", "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header");
