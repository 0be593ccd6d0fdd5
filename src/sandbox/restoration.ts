import type { Clock, Timer } from "#kit/clock.ts";
import { restoreTimedOut, type Failure } from "./failures.ts";
import type { RestoreTimes } from "./platform-records.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-restore */
export const restoreLimitMs = 10_000;

/** The Restore phase of an environment: how long it takes, and whoever waits for its end. */
export class Restoration {
  #clock: Clock;
  #startedAtMs = 0;
  #toldAtMs: number | undefined;
  #timer: Timer | undefined;
  #over = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.#clock = clock;
    // Nobody waits for it within an invocation, which has its own way to fail.
    this.#over.promise.catch(() => {});
  }

  /** Resolves when it has succeeded, rejects when it has failed. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** `giveUp` is called if it takes too long. */
  begin(giveUp: (failure: Failure) => void): void {
    this.#startedAtMs = this.#clock.monotonicMs();
    this.#toldAtMs = undefined;
    this.#timer = this.#clock.after(restoreLimitMs, () => giveUp(restoreTimedOut(restoreLimitMs)));
  }

  /** The runtime knows of it: from now on its time is the function's. */
  told(): void {
    this.#toldAtMs = this.#clock.monotonicMs();
  }

  /** It is over, however it went. */
  end(): RestoreTimes {
    const nowMs = this.#clock.monotonicMs();
    this.#timer?.cancel();
    return { durationMs: nowMs - this.#startedAtMs, billedMs: nowMs - (this.#toldAtMs ?? nowMs) };
  }

  succeed(): void {
    this.#over.resolve();
  }

  fail(error: Error): void {
    this.#timer?.cancel();
    this.#over.reject(error);
  }
}
