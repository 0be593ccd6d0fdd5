import { type Clock, sleep, type Timer } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { StandbyKind } from "./standby.ts";

export interface StockLimits {
  /** Of one kind. */
  perKind: number;
  /** Of all kinds together. */
  total: number;
  /** A kind that nobody took from for so long keeps one less. */
  idleMs: number;
  /** Between a taking and the boot of the next one, so that the boot does not run beside the start that it was taken for. */
  refillDelayMs: number;
}

/** What the stock keeps. */
export interface StockItem {
  discard(): Promise<void>;
}

/** Makes one; `onGone` tells that it ended by itself. */
export type BootItem<Item> = (kind: StandbyKind, onGone: (item: Item) => void) => Promise<Item>;

interface Shelf<Item> {
  kind: StandbyKind;
  items: Item[];
  /** How many there shall be. */
  wanted: number;
  usedAtMs: number;
}

/**
 * Processes that were started ahead of need, by the kind of function that they can serve. How many is a matter of demand: one of each kind that was
 * asked for lately, one more whenever none was left, one less after a while in which nobody came. They are booted one after the other, off the way
 * of everybody who waits.
 */
export class StandbyStock<Item extends StockItem> {
  #clock: Clock;
  #log: Log;
  #limits: StockLimits;
  #boot: BootItem<Item>;
  #shelves = new Map<string, Shelf<Item>>();
  #refilling: Promise<void> | undefined;
  #shrinking: Timer | undefined;
  #closing = new AbortController();
  #discarding = new Set<Promise<void>>();

  constructor(clock: Clock, log: Log, limits: StockLimits, boot: BootItem<Item>) {
    this.#clock = clock;
    this.#log = log;
    this.#limits = limits;
    this.#boot = boot;
  }

  /** Functions of this kind will run soon. */
  expect(kind: StandbyKind): void {
    const shelf = this.#shelfOf(kind);
    shelf.wanted = Math.max(shelf.wanted, Math.min(1, this.#limits.perKind));
    this.#refill();
  }

  /** Hands one out, if there is one. It is the caller's from now on. */
  take(kind: StandbyKind): Item | undefined {
    const shelf = this.#shelfOf(kind);
    const item = shelf.items.pop();
    if (!item) shelf.wanted = Math.min(shelf.wanted + 1, this.#limits.perKind);
    this.#refill();
    return item;
  }

  /** Ends all of them, and makes no more. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#shrinking?.cancel();
    for (const { items } of this.#shelves.values()) for (const item of items.splice(0)) this.#discard(item);
    await this.#refilling;
    await Promise.all(this.#discarding);
  }

  #shelfOf(kind: StandbyKind): Shelf<Item> {
    const key = `${kind.runtime} ${kind.architecture} ${kind.endpointUrl}`;
    const shelf = this.#shelves.get(key) ?? { kind, items: [], wanted: 0, usedAtMs: 0 };
    shelf.usedAtMs = this.#clock.now();
    this.#shelves.set(key, shelf);
    this.#shrinking ??= this.#clock.after(this.#limits.idleMs, () => this.#shrink());
    return shelf;
  }

  #refill(): void {
    if (this.#closing.signal.aborted) return;
    this.#refilling ??= this.#refillAll().finally(() => (this.#refilling = undefined));
  }

  async #refillAll(): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      const isClosed = await sleep(this.#clock, this.#limits.refillDelayMs, signal).then(
        () => false,
        () => true,
      );
      const shelf = this.#neediest();
      if (isClosed || !shelf) return;
      try {
        const item = await this.#boot(shelf.kind, (gone) => this.#forget(shelf, gone));
        this.#log.debug("a runtime was started ahead of need", { runtime: shelf.kind.runtime });
        if (signal.aborted) this.#discard(item);
        else shelf.items.push(item);
      } catch (error) {
        // The next who comes asks for it again; until then, to try in vain would only cost.
        shelf.wanted = 0;
        this.#log.debug("a runtime could not be started ahead of need", { runtime: shelf.kind.runtime, error });
      }
    }
  }

  /** The shelf that lacks the most, if there is room for one more. */
  #neediest(): Shelf<Item> | undefined {
    const shelves = [...this.#shelves.values()];
    if (shelves.reduce((count, { items }) => count + items.length, 0) >= this.#limits.total) return undefined;
    const lacking = (shelf: Shelf<Item>): number => shelf.wanted - shelf.items.length;
    return shelves.filter((shelf) => lacking(shelf) > 0).toSorted((a, b) => lacking(b) - lacking(a))[0];
  }

  #forget(shelf: Shelf<Item>, item: Item): void {
    const at = shelf.items.indexOf(item);
    if (at === -1) return;
    shelf.items.splice(at, 1);
    this.#discard(item);
  }

  #shrink(): void {
    const newestMs = this.#clock.now() - this.#limits.idleMs;
    for (const [key, shelf] of this.#shelves) {
      if (shelf.usedAtMs > newestMs) continue;
      shelf.wanted = Math.max(shelf.wanted - 1, 0);
      for (const item of shelf.items.splice(shelf.wanted)) this.#discard(item);
      if (shelf.wanted === 0) this.#shelves.delete(key);
    }
    this.#shrinking = this.#shelves.size > 0 ? this.#clock.after(this.#limits.idleMs, () => this.#shrink()) : undefined;
  }

  #discard(item: Item): void {
    const done = item.discard().finally(() => this.#discarding.delete(done));
    this.#discarding.add(done);
  }
}
