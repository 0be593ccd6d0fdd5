import { sleep, type Clock, type Timer } from "#kit/clock.ts";
import type { Delivery } from "./destination.ts";
import { render, type TelemetryEvent } from "./telemetry-event.ts";
import type { Subscription } from "./subscription.ts";

/** Between attempts to deliver a batch; each is twice the one before. */
const firstRetryMs = 50;
const longestRetryMs = 5_000;

/** AWS's words: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-logsDropped */
const dropReasons = {
  telemetry: "Some logs were dropped because the downstream consumer is slower than the logs production rate",
  logs: "Consumer seems to have fallen behind as it has not acknowledged receipt of logs.",
};

/**
 * Sends an extension what it subscribed to, in batches, one at a time. While one is on its way another one grows; what does not fit into that
 * is dropped and counted, so that a slow extension costs no more than two batches, and slows nobody.
 */
export class Subscriber {
  readonly subscription: Subscription;
  #delivery: Delivery;
  #clock: Clock;
  #isJson: boolean;
  #batch: string[] = [];
  #batchBytes = 0;
  #dropped = { records: 0, bytes: 0 };
  #timer: Timer | undefined;
  /** It is old enough to follow the one that is on its way. */
  #isDue = false;
  #sending: Promise<void> | undefined;
  #closing = new AbortController();

  /** `isJson`: whether the function's log format is JSON. */
  constructor(subscription: Subscription, delivery: Delivery, clock: Clock, isJson: boolean) {
    this.subscription = subscription;
    this.#delivery = delivery;
    this.#clock = clock;
    this.#isJson = isJson;
  }

  take(event: TelemetryEvent): void {
    const text = render(event, this.subscription, this.#isJson);
    if (text === undefined) return;
    const sizeBytes = Buffer.byteLength(text);
    const { maxItems, maxBytes, timeoutMs } = this.subscription.buffering;
    if (this.#isFull) this.#send();
    // A single line larger than a batch is a batch of its own.
    if (this.#isFull || (this.#batch.length > 0 && this.#sending && this.#batchBytes + sizeBytes > maxBytes)) {
      this.#dropped.records++;
      this.#dropped.bytes += sizeBytes;
      return;
    }
    this.#batch.push(text);
    this.#batchBytes += sizeBytes;
    if (this.#batch.length >= maxItems || this.#batchBytes >= maxBytes) this.#send();
    else this.#timer ??= this.#clock.after(timeoutMs, () => this.#send());
  }

  /** Sends what there is, without waiting for more. Resolves when it has been delivered, or `close` was called. */
  async flush(): Promise<void> {
    while (!this.#closing.signal.aborted && (this.#sending || this.#batch.length > 0)) {
      this.#send();
      await this.#sending;
    }
  }

  close(): void {
    this.#timer?.cancel();
    this.#closing.abort();
    this.#delivery.close();
  }

  get #isFull(): boolean {
    const { maxItems, maxBytes } = this.subscription.buffering;
    return this.#batch.length >= maxItems || this.#batchBytes >= maxBytes;
  }

  /** Unless one is on its way: then the next follows it. */
  #send(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isDue = true;
    if (this.#sending || this.#batch.length === 0 || this.#closing.signal.aborted) return;
    const batch = [...this.#takeDropped(), ...this.#batch];
    this.#batch = [];
    this.#batchBytes = 0;
    this.#isDue = false;
    this.#sending = this.#deliver(batch).then(() => {
      this.#sending = undefined;
      if (this.#isDue || this.#isFull) this.#send();
    });
  }

  #takeDropped(): string[] {
    const { records, bytes } = this.#dropped;
    if (records === 0) return [];
    this.#dropped = { records: 0, bytes: 0 };
    const record = { droppedBytes: bytes, droppedRecords: records, reason: dropReasons[this.subscription.api] };
    const everything = { ...this.subscription, types: ["platform" as const] };
    return [render({ timestampMs: this.#clock.now(), type: "platform", name: "logsDropped", record }, everything, false) as string];
  }

  /** Until it succeeds: the extension may not listen yet. */
  async #deliver(batch: readonly string[]): Promise<void> {
    const { signal } = this.#closing;
    for (let waitMs = firstRetryMs; !signal.aborted; waitMs = Math.min(2 * waitMs, longestRetryMs)) {
      try {
        return await this.#delivery.send(batch);
      } catch {
        await sleep(this.#clock, waitMs, signal).catch(() => {});
      }
    }
  }
}
