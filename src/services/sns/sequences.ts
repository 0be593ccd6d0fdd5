/** Sequence numbers of messages: twenty digits that only grow, over restarts too as long as the clock does not go back by more than that. */
export class Sequences {
  #last = 0n;

  next(nowMs: number): string {
    const wanted = BigInt(nowMs) << 20n;
    this.#last = wanted > this.#last ? wanted : this.#last + 1n;
    return String(10_000_000_000_000_000_000n + this.#last);
  }
}
