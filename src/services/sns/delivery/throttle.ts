/**
 * How many requests an HTTP endpoint gets within a second, where its delivery policy says so ("maximum receive rate").
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 */
export class Throttle {
  #second = 0;
  /** Requests in that second, by subscription. */
  readonly #counts = new Map<string, number>();
  readonly #full = new Set<string>();

  /** Counts a request, unless there were as many as there may be. */
  admits(subscriptionArn: string, perSecond: number | undefined, nowMs: number): boolean {
    if (perSecond === undefined) return true;
    this.#goTo(nowMs);
    const count = this.#counts.get(subscriptionArn) ?? 0;
    if (count >= perSecond) {
      this.#full.add(subscriptionArn);
      return false;
    }
    this.#counts.set(subscriptionArn, count + 1);
    return true;
  }

  /** Those that get nothing until `untilMs`. */
  fullAt(nowMs: number): { arns: readonly string[]; untilMs: number } {
    this.#goTo(nowMs);
    return { arns: [...this.#full], untilMs: (this.#second + 1) * 1_000 };
  }

  #goTo(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    if (second === this.#second) return;
    this.#second = second;
    this.#counts.clear();
    this.#full.clear();
  }
}
