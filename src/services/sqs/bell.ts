import type { Clock } from "#kit/clock.ts";

/** Receives that wait for messages, first come first served. A ring wakes one of them. */
export class Bell {
  readonly #clock: Clock;
  /** Each wakes its receive. */
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  ring(): void {
    for (const wake of this.#waiting) return wake();
  }

  ringAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at a ring, at `untilMs`, or when the signal aborts. */
  wait(untilMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        timer.cancel();
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = this.#clock.after(untilMs - this.#clock.now(), wake);
      signal.addEventListener("abort", wake, { once: true });
      this.#waiting.add(wake);
    });
  }
}
