import type { Clock } from "#kit/clock.ts";

/**
 * How many environments of one function may be started: a thousand at once, and a hundred more every second.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html#scaling-rate; what is not used is not saved up.
 */
const mostTokens = 1_000;
const tokensPerMs = 0.1;
/** From so many functions on, those that have all of theirs again are forgotten. */
const manyBuckets = 1_000;

interface Bucket {
  tokens: number;
  /** Monotonic. */
  filledAtMs: number;
}

/** The rate at which each function may grow. */
export class StartRate {
  #clock: Clock;
  #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether one more may be started now; it counts as started then. */
  take(functionName: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(functionName) ?? this.#add(functionName, nowMs);
    bucket.tokens = Math.min(mostTokens, bucket.tokens + (nowMs - bucket.filledAtMs) * tokensPerMs);
    bucket.filledAtMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #add(functionName: string, nowMs: number): Bucket {
    if (this.#buckets.size >= manyBuckets) this.#forgetFull(nowMs);
    const bucket = { tokens: mostTokens, filledAtMs: nowMs };
    this.#buckets.set(functionName, bucket);
    return bucket;
  }

  #forgetFull(nowMs: number): void {
    for (const [name, { tokens, filledAtMs }] of this.#buckets) {
      if (tokens + (nowMs - filledAtMs) * tokensPerMs >= mostTokens) this.#buckets.delete(name);
    }
  }
}
