import type { ResponseSink } from "./contract.ts";
import { GrowingBuffer } from "./growing-buffer.ts";
import { maxResponseBytes, type RuntimeAnswer } from "./runtime-link.ts";

/**
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html: 200 MB.
 * DIVERGES: AWS sends what comes after the first 6 MB at 2 MB a second; we do not slow it down.
 */
export const maxStreamedBytes = 209_715_200;

/** An answer that a function streams: handed to the caller's sink as it comes, or gathered for a caller who wants it whole. */
export class StreamedAnswer {
  readonly #sink: ResponseSink | undefined;
  readonly #contentType: string;
  readonly #limitBytes: number;
  /** For a caller without a sink. */
  readonly #gathered = new GrowingBuffer();
  #sizeBytes = 0;

  constructor(sink: ResponseSink | undefined, contentType: string) {
    this.#sink = sink;
    this.#contentType = contentType;
    this.#limitBytes = sink ? maxStreamedBytes : maxResponseBytes;
    sink?.begin(contentType);
  }

  /** The promise, if there is one, settles when there is room for more. What is beyond the limit is forgotten. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    const taken = bytes.subarray(0, Math.max(0, this.#limitBytes - this.#sizeBytes));
    this.#sizeBytes += bytes.length;
    if (taken.length === 0) return undefined;
    if (this.#sink) return this.#sink.write(taken);
    this.#gathered.append(taken);
    return undefined;
  }

  /** `error`: the payload of what broke the stream off. */
  end(error?: Uint8Array): RuntimeAnswer {
    if (error) return { kind: "error", payload: error };
    if (this.#sizeBytes > this.#limitBytes) return { kind: "tooLarge", limitBytes: this.#limitBytes };
    if (this.#sink) return { kind: "streamed", sizeBytes: this.#sizeBytes };
    return { kind: "response", payload: this.#gathered.take(), contentType: this.#contentType };
  }
}
