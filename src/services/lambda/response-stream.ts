/**
 * The answer of a function on its way to a client that reads it as it comes: the sandbox writes, the client reads, and a reader that is
 * slow holds up the function.
 */
import type { ResponseSink } from "#sandbox/contract.ts";

/** What may wait for the reader before the function has to. */
const waitingBytes = 1024 * 1024;

export class ResponseStream implements ResponseSink, AsyncIterable<Uint8Array> {
  readonly #begun = Promise.withResolvers<string>();
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isOver = false;
  #isAbandoned = false;
  /** Set while the reader waits for bytes, or the writer for room. */
  #onBytes: (() => void) | undefined;
  #room: PromiseWithResolvers<void> | undefined;

  /** Resolves with the content type; never if the function does not stream. */
  get begun(): Promise<string> {
    return this.#begun.promise;
  }

  begin(contentType: string): void {
    this.#begun.resolve(contentType);
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isAbandoned) return undefined;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#onBytes?.();
    if (this.#waitingBytes <= waitingBytes) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** Nothing more will come. */
  end(): void {
    this.#isOver = true;
    this.#onBytes?.();
  }

  /** Nobody reads any more: what comes is thrown away, and the function goes on as if it were read. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#waiting = [];
    this.#makeRoom();
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    try {
      for (;;) {
        const pieces = this.#take();
        yield* pieces;
        if (pieces.length > 0) continue;
        if (this.#isOver) return;
        await new Promise<void>((resolve) => (this.#onBytes = resolve));
        this.#onBytes = undefined;
      }
    } finally {
      this.abandon();
    }
  }

  #take(): readonly Uint8Array[] {
    const taken = this.#waiting;
    this.#waiting = [];
    this.#makeRoom();
    return taken;
  }

  #makeRoom(): void {
    this.#waitingBytes = 0;
    this.#room?.resolve();
    this.#room = undefined;
  }
}
