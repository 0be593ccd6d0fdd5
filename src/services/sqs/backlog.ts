import { pageSize } from "./limits.ts";
import { type Entry, entryOf } from "./order/entry.ts";
import type { MessageStore, Position } from "./store/messages.ts";
import { lanes } from "./store/tables.ts";

const start: Position = { dueMs: 0, sequence: 0 };

/**
 * The messages of a queue that nobody has received yet and that stand on disk only. They are read in order, by pages. Fresh ones may be
 * received at once; delayed ones are read when they are due, so that a million of them cost no memory.
 */
export class Backlog {
  readonly #store: MessageStore;
  readonly #shelfId: string;
  #fresh = { count: 0, read: start };
  #delayed: { count: number; read: Position; nextMs: number | undefined } = { count: 0, read: start, nextMs: undefined };

  constructor(store: MessageStore, shelfId: string) {
    this.#store = store;
    this.#shelfId = shelfId;
  }

  get freshCount(): number {
    return Math.max(this.#fresh.count, 0);
  }

  get delayedCount(): number {
    return Math.max(this.#delayed.count, 0);
  }

  /** When the first delayed message falls due. */
  get nextMs(): number | undefined {
    return this.#delayed.nextMs;
  }

  /** Looks up how much there is; `held` were read already. */
  async count(held: Iterable<Entry> = []): Promise<void> {
    const counts = await this.#store.counts(this.#shelfId);
    const heldCounts = { [lanes.fresh]: 0, [lanes.delayed]: 0, [lanes.received]: 0 } as Record<number, number>;
    for (const { lane } of held) heldCounts[lane]!++;
    this.#fresh.count = (counts.get(lanes.fresh) ?? 0) - heldCounts[lanes.fresh]!;
    this.#delayed.count = (counts.get(lanes.delayed) ?? 0) - heldCounts[lanes.delayed]!;
    if (this.#delayed.count > 0) await this.#findNext();
  }

  /** A fresh message is on disk. True: nothing stands before it, so that it need not be read; the caller takes it. */
  addFresh({ sequence }: Entry, hasRoom: boolean): boolean {
    // It was counted off already if a page had it before its sender knew that it is on disk.
    if (++this.#fresh.count > 1 || sequence <= this.#fresh.read.sequence || !hasRoom) return false;
    this.#fresh = { count: 0, read: { dueMs: 0, sequence } };
    return true;
  }

  /** A delayed message is on disk. True: reading has passed it by while it was written; the caller takes it. */
  addDelayed({ sequence, dueMs }: Entry, isHeld: boolean): boolean {
    const { read } = this.#delayed;
    this.#delayed.count++;
    if (dueMs < read.dueMs || (dueMs === read.dueMs && sequence <= read.sequence)) {
      if (isHeld) return false;
      this.#delayed.count--;
      return true;
    }
    this.#delayed.nextMs = Math.min(this.#delayed.nextMs ?? dueMs, dueMs);
    return false;
  }

  async readFresh(): Promise<Entry[]> {
    const expected = this.#fresh.count;
    const rows = await this.#store.page(this.#shelfId, lanes.fresh, this.#fresh.read, pageSize);
    // When the lane ends before it should, the rest has expired.
    this.#fresh.count -= rows.length < pageSize ? Math.max(rows.length, expected) : rows.length;
    const last = rows.at(-1);
    if (last) this.#fresh.read = { dueMs: 0, sequence: last.sequence };
    return rows.map(entryOf);
  }

  /** Those that are due. */
  async readDue(nowMs: number): Promise<Entry[]> {
    const rows = await this.#store.page(this.#shelfId, lanes.delayed, this.#delayed.read, pageSize, nowMs);
    this.#delayed.count -= rows.length;
    const last = rows.at(-1);
    if (last) this.#delayed.read = { dueMs: last.due_ms, sequence: last.sequence };
    if (rows.length === pageSize) this.#delayed.nextMs = nowMs;
    else await this.#findNext();
    return rows.map(entryOf);
  }

  async #findNext(): Promise<void> {
    this.#delayed.nextMs = await this.#store.nextDueMs(this.#shelfId, this.#delayed.read);
  }
}
