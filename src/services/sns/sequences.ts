/** Sequence numbers of messages: twenty digits that only grow, over restarts too as long as the clock does not go back by more than that. */
export class Sequences {
  #last = 0n;

  next(nowMs: number): string {
    const wanted = ticksAt(nowMs);
    this.#last = wanted > this.#last ? wanted : this.#last + 1n;
    return written(this.#last);
  }
}

/** Greater than this are the numbers of messages published at that time or later, and no others. */
export const sequenceBefore = (timeMs: number): string => written(ticksAt(Math.max(1, timeMs)) - 1n);

const ticksAt = (timeMs: number): bigint => BigInt(timeMs) << 20n;
const written = (ticks: bigint): string => String(10_000_000_000_000_000_000n + ticks);
