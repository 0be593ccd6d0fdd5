import type { AsyncEvent } from "./event.ts";

/** Events of one function that are remembered; the others wait on disk until these are done. */
const maximumWaiting = 1_000;
/** Below this the next ones are read. */
const lowWater = 100;

/**
 * The events of one function that are due. Each function has its own lane, so that a long or slow one holds up no other; of the events
 * themselves a lane knows no more than their sequence numbers.
 */
export class Lane {
  readonly functionArn: string;
  /** How many may run at one time: all that may at all, until the function has turned out to bear less. */
  limit: number;
  /** Whether the last attempt met a throttle or a fault of ours. */
  isInTrouble = false;
  isResting = false;
  /** Whether the disk may have more that are due. */
  hasMore = false;
  isLoading = false;
  #running = 0;
  #waiting: number[] = [];
  /** Those that wait or run: they are on disk too, and must not be taken twice. */
  readonly #held = new Set<number>();
  /** Done while the disk was being read, which may have seen them still. */
  #doneMeanwhile: number[] = [];

  constructor(functionArn: string, limit: number) {
    this.functionArn = functionArn;
    this.limit = limit;
  }

  get running(): number {
    return this.#running;
  }

  get canStart(): boolean {
    return !this.isResting && this.#waiting.length > 0 && this.#running < (this.isInTrouble ? 1 : this.limit);
  }

  get isEmpty(): boolean {
    return this.#held.size === 0 && !this.hasMore && !this.isLoading && !this.isResting;
  }

  get shallLoad(): boolean {
    return this.hasMore && !this.isLoading && !this.isResting && this.#waiting.length < lowWater;
  }

  /** How many to ask the disk for: those that are held are among them. */
  get loadLimit(): number {
    return maximumWaiting + this.#held.size;
  }

  /** An event that has just been accepted. False if it is left to the disk. */
  offer({ sequence }: AsyncEvent): boolean {
    if (this.hasMore || this.isLoading || this.#waiting.length >= maximumWaiting) {
      this.hasMore = true;
      return false;
    }
    this.#hold(sequence);
    return true;
  }

  /** What the disk had. */
  loaded(sequences: readonly number[]): void {
    for (const sequence of sequences) if (!this.#held.has(sequence)) this.#hold(sequence);
    for (const sequence of this.#doneMeanwhile) this.#held.delete(sequence);
    this.#doneMeanwhile = [];
    this.isLoading = false;
  }

  /** The next event's number. It runs until `end`. */
  start(): number {
    this.#running++;
    return this.#waiting.shift()!;
  }

  /** The event is done, or on disk for another time. */
  end(sequence: number): void {
    this.#running--;
    if (this.isLoading) this.#doneMeanwhile.push(sequence);
    else this.#held.delete(sequence);
  }

  #hold(sequence: number): void {
    this.#held.add(sequence);
    this.#waiting.push(sequence);
  }
}
