/**
 * FIFO only: a receive that is repeated with the same ReceiveRequestAttemptId gets the same messages and receipt handles again, as long as
 * nothing has happened to them. DIVERGES: they are kept in memory; after a restart the visibility time-out brings the messages back.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
 */
import type { Clock } from "#kit/clock.ts";
import { deduplicationMs, maxReceiveAttempts } from "./limits.ts";
import type { Entry } from "./order/entry.ts";

interface Attempt {
  atMs: number;
  nonce: string;
  entries: readonly Entry[];
}

export class ReceiveAttempts {
  readonly #clock: Clock;
  readonly #attempts = new Map<string, Attempt>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What the attempt got, if all of it is still with whoever made it. */
  find(id: string): readonly Entry[] | undefined {
    const attempt = this.#attempts.get(id);
    if (attempt === undefined || attempt.atMs + deduplicationMs <= this.#clock.now()) return undefined;
    const isUntouched = attempt.entries.every(({ place, receipt }) => place === "in flight" && receipt === attempt.nonce);
    return isUntouched ? attempt.entries : undefined;
  }

  remember(id: string, nonce: string, entries: readonly Entry[]): void {
    this.#attempts.delete(id);
    this.#attempts.set(id, { atMs: this.#clock.now(), nonce, entries });
    if (this.#attempts.size > maxReceiveAttempts) this.#attempts.delete(this.#attempts.keys().next().value!);
  }
}
