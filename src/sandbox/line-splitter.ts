import { GrowingBuffer } from "./growing-buffer.ts";

/** CloudWatch Logs' limit for one event: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
export const maxLineBytes = 256 * 1024;

const lineFeed = 0x0a;

/**
 * Cuts the output of a process into lines, decoded as UTF-8 with replacement characters. Lines that are too long are cut; empty
 * ones are left out, because CloudWatch Logs takes none.
 */
export class LineSplitter {
  #onLine: (line: string) => void;
  #maxBytes: number;
  /** A line begun. */
  #partial = new GrowingBuffer();

  constructor(onLine: (line: string) => void, maxBytes = maxLineBytes) {
    this.#onLine = onLine;
    this.#maxBytes = maxBytes;
  }

  /** Takes so many lines at most, empty ones too, and returns how many bytes they had. */
  push(chunk: Buffer, maxLines = Number.POSITIVE_INFINITY): number {
    let start = 0;
    for (let count = 0; count < maxLines; count++) {
      const end = chunk.indexOf(lineFeed, start);
      if (end === -1) {
        this.#partial.append(this.#cut(chunk.subarray(start)));
        return chunk.length;
      }
      this.#end(chunk.subarray(start, end));
      start = end + 1;
    }
    return start;
  }

  /** Gives out the line begun, as if it had ended. */
  flush(): void {
    this.#end(Buffer.alloc(0));
  }

  #end(piece: Buffer): void {
    let last = this.#cut(piece);
    if (this.#partial.sizeBytes > 0) {
      this.#partial.append(last);
      last = this.#partial.take();
    }
    if (last.length > 0) this.#onLine(last.toString());
  }

  /** Gives out what is too long for one line, and returns the rest of the piece. */
  #cut(piece: Buffer): Buffer {
    let rest = piece;
    while (this.#partial.sizeBytes + rest.length > this.#maxBytes) {
      const fitting = rest.subarray(0, this.#maxBytes - this.#partial.sizeBytes);
      this.#partial.append(fitting);
      this.#onLine(this.#partial.take().toString());
      rest = rest.subarray(fitting.length);
    }
    return rest;
  }
}
