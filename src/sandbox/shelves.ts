/** What lies on a shelf. */
export interface Shelved {
  idleSinceMs: number;
}

/** Free environments by what they serve. On a shelf the most recently used is the last, and is taken first: those that are not needed grow old. */
export class Shelves<Item extends Shelved> {
  #shelves = new Map<string, Item[]>();

  get isEmpty(): boolean {
    return this.#shelves.size === 0;
  }

  get count(): number {
    let count = 0;
    for (const items of this.#shelves.values()) count += items.length;
    return count;
  }

  /** Since when the oldest is idle; Infinity if there is none. */
  get oldestIdleSinceMs(): number {
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const [item] of this.#shelves.values()) if (item) oldestMs = Math.min(oldestMs, item.idleSinceMs);
    return oldestMs;
  }

  put(shelf: string, item: Item): void {
    const items = this.#shelves.get(shelf);
    if (items) items.push(item);
    else this.#shelves.set(shelf, [item]);
  }

  /** An empty shelf stays for a while, because what is taken mostly comes back. */
  take(shelf: string): Item | undefined {
    return this.#shelves.get(shelf)?.pop();
  }

  /** Takes this one out; false if it does not lie there. */
  remove(shelf: string, item: Item): boolean {
    const items = this.#shelves.get(shelf) ?? [];
    const at = items.indexOf(item);
    if (at === -1) return false;
    items.splice(at, 1);
    if (items.length === 0) this.#shelves.delete(shelf);
    return true;
  }

  takeAllOf(shelf: string): Item[] {
    const items = this.#shelves.get(shelf) ?? [];
    this.#shelves.delete(shelf);
    return items;
  }

  takeAll(): Item[] {
    const items = [...this.#shelves.values()].flat();
    this.#shelves.clear();
    return items;
  }

  /** The one that has been idle the longest. */
  takeOldest(): Item | undefined {
    let oldest: string | undefined;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const [shelf, [item]] of this.#shelves) {
      if (item && item.idleSinceMs < oldestMs) [oldest, oldestMs] = [shelf, item.idleSinceMs];
    }
    if (oldest === undefined) return undefined;
    const items = this.#shelves.get(oldest) as Item[];
    const item = items.shift();
    if (items.length === 0) this.#shelves.delete(oldest);
    return item;
  }

  /** Those that were idle by then already. */
  takeIdleSince(latestMs: number): Item[] {
    const taken: Item[] = [];
    for (const [shelf, items] of this.#shelves) {
      const firstYoung = items.findIndex((item) => item.idleSinceMs > latestMs);
      taken.push(...items.splice(0, firstYoung === -1 ? items.length : firstYoung));
      if (items.length === 0) this.#shelves.delete(shelf);
    }
    return taken;
  }
}
