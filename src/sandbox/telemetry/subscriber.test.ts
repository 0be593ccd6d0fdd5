import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import type { Delivery } from "./destination.ts";
import { Subscriber } from "./subscriber.ts";
import type { Subscription } from "./subscription.ts";
import type { TelemetryEvent } from "./telemetry-event.ts";

class SlowDelivery implements Delivery {
  readonly batches: string[][] = [];
  /** Of each batch, in order; without one it is delivered at once. */
  waiting: Array<PromiseWithResolvers<void>> = [];
  isSlow = false;

  async send(batch: readonly string[]): Promise<void> {
    this.batches.push([...batch]);
    if (!this.isSlow) return;
    const waiting = Promise.withResolvers<void>();
    this.waiting.push(waiting);
    await waiting.promise;
  }

  close(): void {}
}

const subscription: Subscription = {
  api: "telemetry",
  schemaVersion: "2022-12-13",
  types: ["platform", "function"],
  buffering: { maxItems: 3, maxBytes: 10_000, timeoutMs: 1_000 },
  destination: { protocol: "TCP", port: 1 },
};
const line = (record: string): TelemetryEvent => ({ timestampMs: 0, type: "function", record });
const recordsOf = (batch: readonly string[] = []): unknown[] => batch.map((text) => (JSON.parse(text) as { record: unknown }).record);

function open(changes: Partial<Subscription["buffering"]> = {}) {
  const clock = new ManualClock();
  const delivery = new SlowDelivery();
  const buffering = { ...subscription.buffering, ...changes };
  const subscriber = new Subscriber({ ...subscription, buffering }, delivery, clock, false);
  return { clock, delivery, subscriber };
}

test("a batch is sent when it is full, or old", async () => {
  const { clock, delivery, subscriber } = open();
  for (const record of ["1", "2", "3", "4"]) subscriber.take(line(record));
  await clock.advance(0);
  assert.deepEqual(recordsOf(delivery.batches[0]), ["1", "2", "3"]);
  await clock.advance(999);
  assert.equal(delivery.batches.length, 1);
  await clock.advance(1);
  assert.deepEqual(recordsOf(delivery.batches[1]), ["4"]);
});

test("what counts is bytes, not letters", async () => {
  const { clock, delivery, subscriber } = open({ maxBytes: 300 });
  for (const record of ["語".repeat(80), "x"]) subscriber.take(line(record));
  await clock.advance(0);
  assert.deepEqual(recordsOf(delivery.batches[0]), ["語".repeat(80)]);
});

test("what was not asked for is not sent", async () => {
  const { clock, delivery, subscriber } = open();
  subscriber.take({ timestampMs: 0, type: "extension", record: "x" });
  subscriber.take({ timestampMs: 0, type: "platform", name: "fault", record: "of the Logs API" });
  await clock.advance(1_000);
  assert.deepEqual(delivery.batches, []);
});

test("a slow extension holds up nobody, and learns what it missed", async () => {
  const { clock, delivery, subscriber } = open();
  delivery.isSlow = true;
  for (let count = 0; count < 10; count++) subscriber.take(line(String(count)));
  assert.deepEqual(recordsOf(delivery.batches[0]), ["0", "1", "2"]);
  delivery.isSlow = false;
  delivery.waiting[0]?.resolve();
  await subscriber.flush();
  await clock.advance(0);
  const [dropped, ...rest] = recordsOf(delivery.batches[1]);
  assert.deepEqual(dropped, {
    droppedBytes: 4 * '{"time":"1970-01-01T00:00:00.000Z","type":"function","record":"0"}'.length,
    droppedRecords: 4,
    reason: "Some logs were dropped because the downstream consumer is slower than the logs production rate",
  });
  assert.deepEqual(rest, ["3", "4", "5"]);
});

test("what cannot be delivered is tried again, until the end", async () => {
  const { clock, delivery, subscriber } = open();
  delivery.isSlow = true;
  subscriber.take(line("x"));
  const flushed = subscriber.flush();
  for (let attempt = 0; attempt < 3; attempt++) {
    delivery.waiting[attempt]?.reject(new Error("nobody listens"));
    await clock.advance(5_000);
  }
  assert.equal(delivery.batches.length, 4);
  assert.deepEqual(recordsOf(delivery.batches[3]), ["x"]);
  subscriber.close();
  delivery.waiting[3]?.reject(new Error("closed"));
  await flushed;
});

test("a line larger than a batch is a batch of its own", async () => {
  const { clock, delivery, subscriber } = open({ maxItems: 1_000 });
  subscriber.take(line("x".repeat(20_000)));
  await clock.advance(0);
  assert.equal(delivery.batches.length, 1);
});
