import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Entry } from "./entry.ts";
import { FifoOrder } from "./fifo-order.ts";

let sequence = 0;

/** `a1`: of group a. */
const entry = (name: string, sentMs = 0): Entry => ({
  sequence: ++sequence,
  messageId: name,
  groupId: name[0]!,
  deadLetterSource: undefined,
  sentMs,
  dueMs: 0,
  receiveCount: 0,
  earlierReceives: 0,
  firstReceivedMs: undefined,
  receivedMs: 0,
  receipt: undefined,
  place: "ready",
  lane: 0,
});

function orderOf(...names: string[]): FifoOrder {
  const order = new FifoOrder(() => 0);
  for (const name of names) order.add(entry(name));
  return order;
}

/** As the live queue does it. */
function take(order: FifoOrder, limit: number, nowMs = 0): Entry[] {
  const taken = order.take(limit, nowMs);
  for (const each of taken) each.place = "in flight";
  return taken;
}

const names = (entries: Entry[]): string[] => entries.map(({ messageId }) => messageId);

describe("the order of a FIFO queue", () => {
  test("gives as many of one group as it can, in order, then those of the next", () => {
    const order = orderOf("a1", "b1", "a2", "c1", "a3");
    assert.deepEqual(names(take(order, 4)), ["a1", "a2", "a3", "b1"]);
    assert.deepEqual(names(take(order, 4)), ["c1"]);
    assert.equal(order.readyCount, 0);
  });

  test("gives nothing of a group while one of its messages is out", () => {
    const order = orderOf("a1", "a2", "b1");
    const [first] = take(order, 1);
    assert.deepEqual(names(take(order, 10)), ["b1"]);
    assert.equal(order.hasNext(0), false);
    order.release(first!);
    assert.deepEqual(names(take(order, 10)), ["a2"]);
  });

  test("puts what comes back before what follows it, and waits for all of the group", () => {
    const order = orderOf("a1", "a2", "a3");
    const [first, second] = take(order, 2);
    order.add(second!);
    second!.place = "ready";
    assert.deepEqual(take(order, 10), []);
    order.add(first!);
    first!.place = "ready";
    assert.deepEqual(names(take(order, 10)), ["a1", "a2", "a3"]);
  });

  test("holds a group back until its first message is due, by the queue's delay of the moment", () => {
    let delayMs = 1_000;
    const order = new FifoOrder(() => delayMs);
    order.add(entry("a1", 0));
    order.add(entry("a2", 500));
    assert.deepEqual([order.hasNext(999), order.nextMs(999)], [false, 1_000]);
    assert.deepEqual(names(take(order, 10, 1_000)), ["a1"]);
    delayMs = 0;
    order.add(entry("b1", 1_000));
    assert.deepEqual(names(take(order, 10, 1_000)), ["b1"]);
  });

  test("lets one that is ready be taken out, which locks its group as well", () => {
    const order = orderOf("a2", "a3");
    const early = entry("a4");
    order.add(early);
    order.pick(early);
    early.place = "in flight";
    assert.deepEqual(take(order, 10), []);
    order.release(early);
    assert.deepEqual(names(take(order, 10)), ["a2", "a3"]);
  });
});
