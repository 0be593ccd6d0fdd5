import type { Entry } from "./entry.ts";
import type { Order } from "./order.ts";

/**
 * First come, first served; what comes back goes to the end, so that a message that fails does not hold up the others.
 * DIVERGES: AWS keeps the order only roughly, and lets the message groups of a standard queue take turns ("fair queues"), by measures that
 * it does not tell.
 */
export class StandardOrder implements Order {
  /** A set keeps the order of insertion, and deletes from its middle. */
  readonly #ready = new Set<Entry>();

  get readyCount(): number {
    return this.#ready.size;
  }

  add(entry: Entry): void {
    this.#ready.add(entry);
  }

  take(limit: number): Entry[] {
    const taken: Entry[] = [];
    for (const entry of this.#ready) {
      if (taken.length === limit) break;
      taken.push(entry);
      this.#ready.delete(entry);
    }
    return taken;
  }

  hasNext(): boolean {
    return this.#ready.size > 0;
  }

  release(): void {}

  pick(entry: Entry): void {
    this.#ready.delete(entry);
  }

  wantsMore(wanted: number): boolean {
    return this.#ready.size < wanted;
  }

  nextMs(): undefined {
    return undefined;
  }
}
