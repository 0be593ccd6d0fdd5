import type { Clock } from "#kit/clock.ts";

/** A busy machine may be the cause of a failure, so that a rest is short at first, and longer with each failure that follows. */
const firstRestMs = 1_000;
const longestRestMs = 60_000;

/** Runtimes that could not be forked, and are not for a while. */
export class ForkRests {
  #clock: Clock;
  #rests = new Map<string, { untilMs: number; lengthMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isResting(runtime: string): boolean {
    return (this.#rests.get(runtime)?.untilMs ?? 0) > this.#clock.now();
  }

  /** A process of the runtime could not be forked. */
  begin(runtime: string): void {
    const nowMs = this.#clock.now();
    const last = this.#rests.get(runtime);
    // Starts that were under way together fail together: one failure.
    if (last && last.untilMs > nowMs) return;
    const isFollowing = last !== undefined && nowMs - last.untilMs < longestRestMs;
    const lengthMs = isFollowing ? Math.min(2 * last.lengthMs, longestRestMs) : firstRestMs;
    this.#rests.set(runtime, { untilMs: nowMs + lengthMs, lengthMs });
  }
}
