import type { Entry } from "./entry.ts";
import type { Order } from "./order.ts";

interface Group {
  id: string;
  /** By sequence. */
  ready: Entry[];
  /** While one of them is out, the others wait. */
  takenCount: number;
}

/**
 * In order within each group; groups take turns. A group of which a message is in flight gives none.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 */
export class FifoOrder implements Order {
  readonly #groups = new Map<string, Group>();
  /** Groups with messages, none of them in flight, in the order of their turns. */
  readonly #open = new Set<Group>();
  readonly #delayMs: () => number;
  #readyCount = 0;

  /** `delayMs`: the queue's delay, which in FIFO queues also holds for messages that are there already. */
  constructor(delayMs: () => number) {
    this.#delayMs = delayMs;
  }

  get readyCount(): number {
    return this.#readyCount;
  }

  add(entry: Entry): void {
    const group = this.#groupOf(entry);
    if (entry.place !== "ready") group.takenCount--;
    const { ready } = group;
    // New ones come last; those that come back belong before the others.
    let index = ready.length;
    while (index > 0 && ready[index - 1]!.sequence > entry.sequence) index--;
    ready.splice(index, 0, entry);
    this.#readyCount++;
    this.#settle(group);
  }

  take(limit: number, nowMs: number): Entry[] {
    const taken: Entry[] = [];
    for (const group of this.#open) {
      if (taken.length === limit) break;
      const due = this.#dueCount(group, nowMs, limit - taken.length);
      if (due === 0) continue;
      taken.push(...group.ready.splice(0, due));
      group.takenCount += due;
      this.#readyCount -= due;
      this.#settle(group);
    }
    return taken;
  }

  hasNext(nowMs: number): boolean {
    for (const { ready } of this.#open) if (this.#dueMs(ready[0]!) <= nowMs) return true;
    return false;
  }

  release(entry: Entry): void {
    const group = this.#groupOf(entry);
    group.takenCount--;
    this.#settle(group);
  }

  pick(entry: Entry): void {
    const group = this.#groupOf(entry);
    const index = group.ready.indexOf(entry);
    if (index < 0) return;
    group.ready.splice(index, 1);
    group.takenCount++;
    this.#readyCount--;
    this.#settle(group);
  }

  wantsMore(): boolean {
    return this.#open.size === 0;
  }

  nextMs(nowMs: number): number | undefined {
    if (this.#delayMs() === 0) return undefined;
    let nextMs: number | undefined;
    for (const { ready } of this.#open) {
      const dueMs = this.#dueMs(ready[0]!);
      if (dueMs > nowMs) nextMs = Math.min(nextMs ?? dueMs, dueMs);
    }
    return nextMs;
  }

  #dueMs({ receiveCount, sentMs }: Entry): number {
    return receiveCount > 0 ? 0 : sentMs + this.#delayMs();
  }

  #dueCount({ ready }: Group, nowMs: number, limit: number): number {
    let count = 0;
    while (count < limit && count < ready.length && this.#dueMs(ready[count]!) <= nowMs) count++;
    return count;
  }

  #groupOf({ groupId = "" }: Entry): Group {
    let group = this.#groups.get(groupId);
    if (group === undefined) {
      group = { id: groupId, ready: [], takenCount: 0 };
      this.#groups.set(groupId, group);
    }
    return group;
  }

  #settle(group: Group): void {
    const isOpen = group.takenCount === 0 && group.ready.length > 0;
    if (!isOpen) this.#open.delete(group);
    else if (!this.#open.has(group)) this.#open.add(group);
    if (group.takenCount === 0 && group.ready.length === 0) this.#groups.delete(group.id);
  }
}
