import type { Clock } from "#kit/clock.ts";

const perMs = 1_000;

/**
 * Numbers for messages that only grow: over all queues, over restarts, whatever has been deleted, and as long as the clock is not set
 * back, so that a receipt handle never means another message.
 */
export class Sequences {
  readonly #clock: Clock;
  #last: number;

  constructor(clock: Clock, last: number) {
    this.#clock = clock;
    this.#last = last;
  }

  next(): number {
    this.#last = Math.max(this.#last + 1, this.#clock.now() * perMs);
    return this.#last;
  }
}

/** As clients see it: twenty digits, like AWS's. */
export const sequenceNumber = (sequence: number): string => `1${String(sequence).padStart(19, "0")}`;
