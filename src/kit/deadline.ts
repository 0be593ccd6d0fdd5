import type { Clock, Timer } from "./clock.ts";

/**
 * A moment that is set again and again and seldom comes, such as the end of each invocation's time. One timer serves many of them: it
 * stays armed when the moment is called off, and when it fires too early it is armed for the rest.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #onReached: () => void;
  #timer: Timer | undefined;
  #timerAtMs = 0;
  /** On the monotonic clock; undefined if none is set. */
  #atMs: number | undefined;

  constructor(clock: Clock, onReached: () => void) {
    this.#clock = clock;
    this.#onReached = onReached;
  }

  /** Replaces the moment set before. */
  set(delayMs: number): void {
    this.#atMs = this.#clock.monotonicMs() + delayMs;
    if (this.#timer !== undefined && this.#timerAtMs <= this.#atMs) return;
    this.#timer?.cancel();
    this.#arm(delayMs);
  }

  callOff(): void {
    this.#atMs = undefined;
  }

  /** Calls it off, and leaves no timer behind. */
  stop(): void {
    this.#atMs = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timerAtMs = this.#clock.monotonicMs() + delayMs;
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = undefined;
      if (this.#atMs === undefined) return;
      const restMs = this.#atMs - this.#clock.monotonicMs();
      if (restMs > 0) return this.#arm(restMs);
      this.#atMs = undefined;
      this.#onReached();
    });
  }
}
