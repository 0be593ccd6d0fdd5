import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { NetworkStock } from "./network-stock.ts";

class FakeNetwork {
  isClosed = false;
  close(): void {
    this.isClosed = true;
  }
}

function openStock(): { clock: ManualClock; made: FakeNetwork[]; stock: NetworkStock<FakeNetwork>; fail: { isOn: boolean } } {
  const clock = new ManualClock();
  const made: FakeNetwork[] = [];
  const fail = { isOn: false };
  const stock = new NetworkStock(clock, () => {
    if (fail.isOn) throw new Error("the kernel allows no more");
    const network = new FakeNetwork();
    made.push(network);
    return network;
  });
  return { clock, made, stock, fail };
}

test("networks are made ahead, up to a number, and given away once each", async () => {
  const { clock, made, stock } = openStock();
  stock.fill();
  assert.equal(made.length, 0, "not at once");
  await clock.advance(60_000);
  assert.equal(made.length, 8);
  const taken = Array.from({ length: 9 }, () => stock.take());
  assert.equal(new Set(taken).size, 9);
  assert.equal(made.length, 9, "the ninth was made when it was asked for");
});

test("none is made while others are being taken", async () => {
  const { clock, made, stock } = openStock();
  for (let count = 0; count < 20; count++) {
    stock.take();
    await clock.advance(40);
  }
  assert.equal(made.length, 20);
  await clock.advance(60_000);
  assert.equal(made.length, 28);
});

test("what cannot be made is not tried again until one is wanted", async () => {
  const { clock, made, stock, fail } = openStock();
  fail.isOn = true;
  stock.fill();
  await clock.advance(60_000);
  assert.throws(() => stock.take(), /allows no more/);
  fail.isOn = false;
  await clock.advance(60_000);
  assert.equal(made.length, 0);
  stock.take();
  await clock.advance(60_000);
  assert.equal(made.length, 9);
});

test("at the end all that were not taken are closed, and no more are made", async () => {
  const { clock, made, stock } = openStock();
  const taken = stock.take();
  await clock.advance(60_000);
  stock.close();
  assert.deepEqual(
    made.map(({ isClosed }) => isClosed).filter((isClosed) => !isClosed),
    [false],
  );
  assert.equal(taken.isClosed, false);
  stock.fill();
  await clock.advance(60_000);
  assert.equal(made.length, 9);
});
