import type { Clock, Timer } from "./clock.ts";

interface PendingTimer {
  dueMs: number;
  order: number;
  action: () => void;
}

/** A clock that stands still until `advance` moves it; timers fire in the order of their due times. For tests. */
export class ManualClock implements Clock {
  #nowMs: number;
  #order = 0;
  #pending: PendingTimer[] = [];

  constructor(startMs = Date.UTC(2026, 0, 15, 12, 0, 0)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): Timer {
    const timer = { dueMs: this.#nowMs + Math.max(delayMs, 0), order: this.#order++, action };
    this.#pending.push(timer);
    return { cancel: () => void (this.#pending = this.#pending.filter((other) => other !== timer)) };
  }

  /** How many timers wait. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  /** Moves time forward, firing what falls due and letting promises settle after each timer. */
  async advance(byMs: number): Promise<void> {
    const targetMs = this.#nowMs + byMs;
    for (;;) {
      await settle();
      const next = this.#pending.filter((timer) => timer.dueMs <= targetMs).sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
      if (next === undefined) break;
      this.#pending = this.#pending.filter((timer) => timer !== next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.action();
    }
    this.#nowMs = targetMs;
    await settle();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
