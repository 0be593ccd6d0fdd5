/**
 * A queue that is used: the index of its messages. Those that were received at least once are all here; of the others, the next ones.
 * Everything here is bounded: what is in flight by AWS's limit, what is ready by the size of a page (FIFO: by AWS's lookahead).
 * Nothing here writes: operations change the disk first, and this index when that is done.
 */
import type { Clock, Timer } from "#kit/clock.ts";
import { Semaphore } from "#kit/semaphore.ts";
import { Backlog } from "./backlog.ts";
import { Bell } from "./bell.ts";
import { idleMs, maxFifoLookahead, maxInFlight, maxReceivedMessages, pageSize } from "./limits.ts";
import { DueHeap } from "./order/due-heap.ts";
import { type Entry, entryOf } from "./order/entry.ts";
import { FifoOrder } from "./order/fifo-order.ts";
import type { Order } from "./order/order.ts";
import { StandardOrder } from "./order/standard-order.ts";
import type { Queue } from "./queue.ts";
import { ReceiveAttempts } from "./receive-attempts.ts";
import type { MessageStore } from "./store/messages.ts";
import { lanes } from "./store/tables.ts";

export interface MessageCounts {
  visible: number;
  inFlight: number;
  delayed: number;
}

export class LiveQueue {
  /** What is known of the queue besides its messages; replaced when that changes. */
  queue: Queue;
  /** When an operation last asked for it, and may still have it in hand. */
  lastFoundMs: number;
  readonly attempts: ReceiveAttempts;
  /** Held while the queue is changed by what was read of it. */
  readonly changes = new Semaphore(1);
  readonly #store: MessageStore;
  readonly #clock: Clock;
  readonly #bell: Bell;
  #backlog!: Backlog;
  #order!: Order;
  /** By sequence. */
  #held!: Map<number, Entry>;
  #flights!: DueHeap<Entry>;
  #inFlightCount = 0;
  #filling: Promise<void> | undefined;
  #alarm: { timer: Timer; dueMs: number } | undefined;
  /** Operations that are between the disk and this index. */
  #useCount = 0;
  #hasEnded = false;

  private constructor(queue: Queue, store: MessageStore, clock: Clock) {
    this.queue = queue;
    this.lastFoundMs = clock.now();
    this.#store = store;
    this.#clock = clock;
    this.#bell = new Bell(clock);
    this.attempts = new ReceiveAttempts(clock);
    this.#reset();
  }

  /** Reads what was received before and how much else there is. */
  static async open(queue: Queue, store: MessageStore, clock: Clock): Promise<LiveQueue> {
    const live = new LiveQueue(queue, store, clock);
    await live.#backlog.count();
    let read = { dueMs: 0, sequence: 0 };
    for (;;) {
      const rows = await store.page(queue.shelfId, lanes.received, read, pageSize);
      for (const row of rows) live.#resume(entryOf(row));
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageSize) return live;
      read = { dueMs: last.due_ms, sequence: last.sequence };
    }
  }

  /** Nobody would notice if this index was forgotten and read anew. */
  get isIdle(): boolean {
    return this.#useCount === 0 && this.#bell.waitingCount === 0 && this.#clock.now() - this.lastFoundMs >= idleMs;
  }

  /** Keeps the index while `action` runs. */
  async use<T>(action: () => Promise<T>): Promise<T> {
    this.#useCount++;
    try {
      return await action();
    } finally {
      this.#useCount--;
    }
  }

  /** What came back and what fell due by now is counted as visible. */
  async counts(): Promise<MessageCounts> {
    await this.fill(maxReceivedMessages);
    const heldBack = this.#countHeldBack();
    return {
      visible: this.#order.readyCount + this.#backlog.freshCount - heldBack,
      inFlight: this.#inFlightCount,
      delayed: this.#backlog.delayedCount + heldBack,
    };
  }

  /** New messages are on disk. Those of a shelf that was discarded meanwhile are gone. */
  arrived(shelfId: string, entries: readonly Entry[], isDelayed: boolean): void {
    if (shelfId !== this.queue.shelfId) return;
    for (const entry of entries) {
      const isOurs = isDelayed
        ? this.#backlog.addDelayed(entry, this.#held.has(entry.sequence))
        : this.#backlog.addFresh(entry, this.#hasRoom());
      if (isOurs) this.#hold(entry);
    }
    this.#wakeNext();
  }

  /** Makes up to `wanted` messages ready, as far as there are any. */
  async fill(wanted: number): Promise<void> {
    this.#settle();
    while (this.#mayFill(wanted)) {
      this.#filling ??= this.#readOn().finally(() => (this.#filling = undefined));
      await this.#filling;
      this.#settle();
    }
  }

  /** The next messages, now the caller's: he calls `depart`, `putBack` or `gone` with them. Expired ones are passed over. */
  take(limit: number): Entry[] {
    const room = maxInFlight - this.#inFlightCount;
    const taken: Entry[] = [];
    while (taken.length < Math.min(limit, room)) {
      const entries = this.#order.take(Math.min(limit, room) - taken.length, this.#clock.now());
      if (entries.length === 0) break;
      for (const entry of entries) {
        if (this.#isExpired(entry)) this.#drop(entry);
        else taken.push(entry);
      }
    }
    for (const entry of taken) entry.place = "leaving";
    return taken;
  }

  get hasRoomInFlight(): boolean {
    return this.#inFlightCount < maxInFlight;
  }

  /** Taken ones are with a consumer until `dueMs`. */
  depart(entries: readonly Entry[], nonce: string, dueMs: number): void {
    const nowMs = this.#clock.now();
    for (const entry of entries) {
      if (entry.place === "gone") continue;
      entry.lane = lanes.received;
      entry.receiveCount++;
      entry.receivedMs = nowMs;
      entry.firstReceivedMs ??= nowMs;
      entry.receipt = nonce;
      this.#fly(entry, dueMs);
    }
  }

  /** Taken ones were not received after all. */
  putBack(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.place === "gone") continue;
      this.#order.add(entry);
      entry.place = "ready";
    }
    this.#wakeNext();
  }

  find(sequence: number): Entry | undefined {
    return this.#held.get(sequence);
  }

  isInFlight(entry: Entry): boolean {
    this.#settle();
    return entry.place === "in flight";
  }

  /** One that a consumer has, or had, comes back at `dueMs`. */
  postpone(entry: Entry, dueMs: number): void {
    if (entry.place === "gone" || entry.place === "leaving") return;
    if (entry.place === "ready") this.#order.pick(entry);
    else this.#inFlightCount--;
    this.#fly(entry, dueMs);
    this.#wakeNext();
  }

  /** These are not on disk any more, or not on our shelf. */
  gone(entries: readonly Entry[]): void {
    for (const entry of entries) this.#drop(entry);
    this.#wakeNext();
  }

  /** Resolves when it may be worth looking again: something arrived or came back, `untilMs` is reached, or the signal aborts. */
  async wait(untilMs: number, signal: AbortSignal): Promise<void> {
    const waiting = this.#bell.wait(untilMs, signal);
    this.#setAlarm();
    await waiting;
    if (this.#bell.waitingCount === 0) this.#stopAlarm();
  }

  /** Whoever was woken and leaves something lets the next one know. */
  passOn(): void {
    this.#wakeNext();
  }

  /** The queue has a new shelf, with nothing on it. */
  clear(queue: Queue): void {
    for (const entry of this.#held.values()) entry.place = "gone";
    this.queue = queue;
    this.#reset();
  }

  /** Wakes all who wait, so that they see that something has changed. */
  wakeAll(): void {
    this.#bell.ringAll();
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The queue is deleted. */
  end(): void {
    this.#hasEnded = true;
    this.clear(this.queue);
    this.wakeAll();
  }

  /** The sweep has removed expired messages from the disk. */
  async forgetExpired(): Promise<void> {
    for (const entry of [...this.#held.values()]) {
      if (entry.place === "leaving" || !this.#isExpired(entry)) continue;
      if (entry.place === "ready") this.#order.pick(entry);
      this.#drop(entry);
    }
    await this.#backlog.count(this.#held.values());
  }

  #reset(): void {
    const { queue } = this;
    this.#backlog = new Backlog(this.#store, queue.shelfId);
    this.#order = queue.settings.isFifo ? new FifoOrder(() => this.queue.settings.delayMs) : new StandardOrder();
    this.#held = new Map();
    this.#flights = new DueHeap();
    this.#inFlightCount = 0;
  }

  /** FIFO: messages that are ready but for the queue's delay. */
  #countHeldBack(): number {
    const { isFifo, delayMs } = this.queue.settings;
    if (!isFifo || delayMs === 0) return 0;
    const sinceMs = this.#clock.now() - delayMs;
    return this.#held.values().reduce((count, entry) => count + Number(entry.receiveCount === 0 && entry.sentMs > sinceMs), 0);
  }

  #hasRoom(): boolean {
    return this.queue.settings.isFifo ? this.#held.size < maxFifoLookahead : this.#order.readyCount < pageSize;
  }

  #hold(entry: Entry): void {
    this.#held.set(entry.sequence, entry);
    this.#order.add(entry);
  }

  /** One that had been received before we were started. */
  #resume(entry: Entry): void {
    this.#hold(entry);
    if (entry.dueMs <= this.#clock.now()) return;
    this.#order.pick(entry);
    this.#fly(entry, entry.dueMs);
  }

  #fly(entry: Entry, dueMs: number): void {
    entry.place = "in flight";
    entry.dueMs = dueMs;
    this.#inFlightCount++;
    this.#flights.push(dueMs, entry);
    if (this.#flights.size > 2 * this.#inFlightCount + pageSize) this.#forgetOldFlights();
    this.#setAlarm();
  }

  /** Consumers that prolong the same messages again and again leave a time behind with each. */
  #forgetOldFlights(): void {
    this.#flights = new DueHeap();
    for (const entry of this.#held.values()) if (entry.place === "in flight") this.#flights.push(entry.dueMs, entry);
  }

  #drop(entry: Entry): void {
    if (entry.place === "gone") return;
    if (entry.place === "in flight") this.#inFlightCount--;
    if (entry.place === "ready") this.#order.pick(entry);
    this.#order.release(entry);
    entry.place = "gone";
    this.#held.delete(entry.sequence);
  }

  /** Those in flight whose time is up come back. */
  #settle(): void {
    const nowMs = this.#clock.now();
    for (let next = this.#flights.peek(); next !== undefined && next.dueMs <= nowMs; next = this.#flights.peek()) {
      this.#flights.pop();
      const { value: entry, dueMs } = next;
      if (entry.place !== "in flight" || entry.dueMs !== dueMs) continue;
      this.#inFlightCount--;
      this.#order.add(entry);
      entry.place = "ready";
    }
  }

  #isExpired({ sentMs }: Entry): boolean {
    return sentMs + this.queue.settings.retentionMs <= this.#clock.now();
  }

  #mayFill(wanted: number): boolean {
    const { nextMs, freshCount } = this.#backlog;
    if (nextMs !== undefined && nextMs <= this.#clock.now()) return true;
    return freshCount > 0 && this.#order.wantsMore(wanted) && this.#hasRoom();
  }

  async #readOn(): Promise<void> {
    const backlog = this.#backlog;
    const nowMs = this.#clock.now();
    const isDue = backlog.nextMs !== undefined && backlog.nextMs <= nowMs;
    const entries = isDue ? await backlog.readDue(nowMs) : await backlog.readFresh();
    if (backlog !== this.#backlog) return;
    for (const entry of entries) this.#hold(entry);
  }

  /** Wakes a receive if there may be something for it. */
  #wakeNext(): void {
    if (this.#bell.waitingCount === 0) return;
    if (this.hasRoomInFlight && (this.#order.hasNext(this.#clock.now()) || this.#mayFill(1))) this.#bell.ring();
    this.#setAlarm();
  }

  /** While somebody waits, wakes him when something comes back or falls due. */
  #setAlarm(): void {
    if (this.#bell.waitingCount === 0) return;
    const times = [this.#flights.peek()?.dueMs, this.#backlog.nextMs, this.#order.nextMs(this.#clock.now())];
    const dueMs = Math.min(...times.filter((time) => time !== undefined));
    if (dueMs === this.#alarm?.dueMs) return;
    this.#stopAlarm();
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const timer = this.#clock.after(dueMs - this.#clock.now(), () => {
      this.#alarm = undefined;
      this.#settle();
      // Whoever wakes up sets the next alarm.
      this.#bell.ring();
    });
    this.#alarm = { timer, dueMs };
  }

  #stopAlarm(): void {
    this.#alarm?.timer.cancel();
    this.#alarm = undefined;
  }
}
