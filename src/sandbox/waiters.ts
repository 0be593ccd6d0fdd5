import type { PoolMember } from "./pool-member.ts";

/** An invocation that waits for the next free environment of its shelf. */
export interface Waiter {
  take(member: PoolMember): void;
}

/** Who waits for an environment that another invocation has now, by shelf, in the order of arrival; and how many are about to be free. */
export class Waiters {
  #waiting = new Map<string, Waiter[]>();
  #concludingCounts = new Map<string, number>();

  add(shelf: string, waiter: Waiter): void {
    const waiters = this.#waiting.get(shelf);
    if (waiters) waiters.push(waiter);
    else this.#waiting.set(shelf, [waiter]);
  }

  remove(shelf: string, waiter: Waiter): void {
    const waiters = this.#waiting.get(shelf) ?? [];
    const at = waiters.indexOf(waiter);
    if (at !== -1) waiters.splice(at, 1);
    if (waiters.length === 0) this.#waiting.delete(shelf);
  }

  /** The one whose turn it is. */
  next(shelf: string): Waiter | undefined {
    const waiters = this.#waiting.get(shelf);
    const waiter = waiters?.shift();
    if (waiters?.length === 0) this.#waiting.delete(shelf);
    return waiter;
  }

  /** An environment of the shelf has answered, or is free again. */
  countConcluding(shelf: string, change: 1 | -1): void {
    const count = (this.#concludingCounts.get(shelf) ?? 0) + change;
    if (count > 0) this.#concludingCounts.set(shelf, count);
    else this.#concludingCounts.delete(shelf);
  }

  /** Whether one more who waits will be served by those that are about to be free. */
  hasConcludingForOneMore(shelf: string): boolean {
    return (this.#concludingCounts.get(shelf) ?? 0) > (this.#waiting.get(shelf)?.length ?? 0);
  }
}
