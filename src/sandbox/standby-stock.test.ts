import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { StandbyStock, type StockLimits } from "./standby-stock.ts";
import type { StandbyKind } from "./standby.ts";

const kindOf = (runtime: string): StandbyKind => ({ runtime, architecture: "x86_64", endpointUrl: "http://127.0.0.1:4566" });
const node = kindOf("nodejs24.x");
const limits = { perKind: 2, total: 3, idleMs: 60_000, refillDelayMs: 20 };

class Item {
  isDiscarded = false;
  end = (): void => {};

  async discard(): Promise<void> {
    this.isDiscarded = true;
  }
}

function stockOf(changes: Partial<StockLimits> = {}) {
  const clock = new ManualClock();
  const items: Item[] = [];
  const failures: Error[] = [];
  const stock = new StandbyStock<Item>(clock, silentLog, { ...limits, ...changes }, async (_, onGone) => {
    const failure = failures.pop();
    if (failure) throw failure;
    const item = new Item();
    item.end = () => onGone(item);
    items.push(item);
    return item;
  });
  return { stock, items, failures, pass: (timeMs: number) => clock.advance(timeMs) };
}

test("one waits for each kind that is expected, and another when it is taken", async () => {
  const { stock, items, pass } = stockOf();
  stock.expect(node);
  assert.equal(stock.take(kindOf("python3.12")), undefined);
  await pass(20);
  await pass(20);
  assert.equal(items.length, 2);
  assert.equal(stock.take(node), items[0]);
  await pass(20);
  assert.equal(items.length, 3);
  assert.ok(items.every(({ isDiscarded }) => !isDiscarded));
});

test("the more come in vain the more are kept, up to the limits", async () => {
  const { stock, items, pass } = stockOf();
  for (let count = 0; count < 5; count++) stock.take(node);
  for (let count = 0; count < 5; count++) await pass(20);
  assert.equal(items.length, limits.perKind);
  for (let count = 0; count < 5; count++) stock.take(kindOf("python3.12"));
  for (let count = 0; count < 5; count++) await pass(20);
  assert.equal(items.length, limits.total);
});

test("those that nobody needs go one after the other", async () => {
  const { stock, items, pass } = stockOf();
  stock.take(node);
  stock.take(node);
  for (let count = 0; count < 5; count++) await pass(20);
  const kept = (): number => items.filter(({ isDiscarded }) => !isDiscarded).length;
  assert.equal(kept(), 2);
  await pass(limits.idleMs);
  assert.equal(kept(), 1);
  await pass(limits.idleMs);
  assert.equal(kept(), 0);
  await pass(limits.idleMs);
  assert.equal(items.length, 2);
});

test("one that ends by itself is never handed out", async () => {
  const { stock, items, pass } = stockOf();
  stock.expect(node);
  await pass(20);
  items[0]?.end();
  assert.equal(stock.take(node), undefined);
  assert.ok(items[0]?.isDiscarded);
});

test("what fails is not tried again before somebody asks", async () => {
  const { stock, items, failures, pass } = stockOf();
  failures.push(new Error("no memory"));
  stock.expect(node);
  for (let count = 0; count < 5; count++) await pass(20);
  assert.equal(items.length, 0);
  stock.take(node);
  await pass(20);
  assert.equal(items.length, 1);
});

test("a closed stock discards what it has, and what is on its way", async () => {
  const { stock, items, pass } = stockOf();
  stock.expect(node);
  await pass(20);
  stock.take(node);
  stock.take(node);
  await stock.close();
  await pass(100);
  assert.deepEqual(
    items.slice(1).map(({ isDiscarded }) => isDiscarded),
    items.slice(1).map(() => true),
  );
  stock.expect(node);
  await pass(100);
  assert.equal(items.length, 1);
});
