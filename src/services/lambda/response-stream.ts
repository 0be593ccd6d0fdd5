/**
 * The answer of a function on its way to a client that reads it as it comes: the sandbox writes, the client reads, and a reader that is
 * slow holds up the function.
 */
import type { ResponseSink } from "#sandbox/contract.ts";

/** What may wait for the reader before the function has to. */
const waitingBytes = 1024 * 1024;
/** What each piece costs besides its bytes. */
const pieceOverheadBytes = 100;
/** Pieces up to this size are put together behind others that wait: each might hold on to all that was received with it. */
const smallPieceBytes = 4096;
const joinedBytes = 32 * 1024;

export class ResponseStream implements ResponseSink, AsyncIterable<Uint8Array> {
  readonly #begun = Promise.withResolvers<string>();
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Where small pieces are put together, behind those that wait. */
  #joined: { memory: Buffer; usedBytes: number } | undefined;
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
    if (this.#isAbandoned || bytes.length === 0) return undefined;
    this.#keep(bytes);
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
    this.#joined = undefined;
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

  #keep(bytes: Uint8Array): void {
    if (this.#waiting.length === 0 || bytes.length > smallPieceBytes) return this.#add(bytes);
    if (this.#joined && this.#joined.usedBytes + bytes.length > joinedBytes) this.#endJoined();
    this.#joined ??= { memory: Buffer.allocUnsafeSlow(joinedBytes), usedBytes: 0 };
    this.#joined.memory.set(bytes, this.#joined.usedBytes);
    this.#joined.usedBytes += bytes.length;
    this.#waitingBytes += bytes.length;
  }

  #add(bytes: Uint8Array): void {
    this.#endJoined();
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length + pieceOverheadBytes;
  }

  #endJoined(): void {
    if (this.#joined) this.#waiting.push(this.#joined.memory.subarray(0, this.#joined.usedBytes));
    this.#joined = undefined;
  }

  #take(): readonly Uint8Array[] {
    this.#endJoined();
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
