import type { Readable } from "node:stream";
import { onArrival } from "#kit/arrivals.ts";
import type { Clock, Timer } from "#kit/clock.ts";

/** How many lines or frames of one stream are taken before others have their turn, and how long that is. */
export const piecesPerTurn = 500;
export const turnMs = 5;

/** Why a stream is not read: log lines wait, the caller has no room for its answer, others have their turn. */
type Hold = "log" | "room" | "turn";

/**
 * Reads what a function writes, a slice at a time. Lines and frames without number cost next to nothing to write, and much to take: a function that
 * writes more of them than anybody needs blocks in its write, and nobody waits for it.
 */
export class Intake {
  readonly #stream: Readable;
  readonly #take: (chunk: Buffer, maxPieces: number) => number;
  readonly #clock: Clock;
  readonly #holds = new Set<Hold>();
  /** What was read and not taken yet. */
  #rest: Buffer | undefined;
  #timer: Timer | undefined;
  #caughtUp: PromiseWithResolvers<void> | undefined;

  /** `take` takes so many lines or frames at most, and returns how many bytes they had. */
  constructor(stream: Readable, clock: Clock, take: (chunk: Buffer, maxPieces: number) => number) {
    this.#stream = stream;
    this.#clock = clock;
    this.#take = take;
    onArrival(stream, (chunk) => {
      if (this.#holds.size === 0) return this.#read(chunk);
      // Node reads on of its own accord when a child process has exited: what comes then waits behind the rest.
      this.#rest = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
      stream.pause();
    });
    // What was read may outlast the stream.
    stream.once("end", () => this.drain()).once("close", () => this.drain());
  }

  hold(reason: Hold): void {
    this.#holds.add(reason);
    this.#stream.pause();
  }

  release(reason: Hold): void {
    this.#holds.delete(reason);
    if (this.#holds.size > 0) return;
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest) this.#read(rest);
    if (this.#holds.size === 0) this.#stream.resume();
  }

  /** Resolves when what was read has been taken; undefined if that is so. */
  get caughtUp(): Promise<void> | undefined {
    if (!this.#rest) return undefined;
    this.#caughtUp ??= Promise.withResolvers();
    return this.#caughtUp.promise;
  }

  /** Takes at once what was read, however much: the process has ended, or is about to. */
  drain(): void {
    const rest = this.#rest;
    this.#rest = undefined;
    this.#timer?.cancel();
    if (rest) this.#take(rest, Number.POSITIVE_INFINITY);
    this.#settle();
    this.release("turn");
  }

  #read(chunk: Buffer): void {
    const takenBytes = this.#take(chunk, piecesPerTurn);
    if (takenBytes >= chunk.length) return this.#settle();
    this.#rest = chunk.subarray(takenBytes);
    this.hold("turn");
    this.#timer = this.#clock.after(turnMs, () => this.release("turn"));
  }

  #settle(): void {
    this.#caughtUp?.resolve();
    this.#caughtUp = undefined;
  }
}
