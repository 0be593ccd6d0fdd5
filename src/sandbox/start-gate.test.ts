import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { StartGate } from "./start-gate.ts";

/** A gate, and who was let in or refused, in order. Starts end when the test says so. */
class GateBench {
  readonly clock = new ManualClock();
  readonly begun: string[] = [];
  readonly refused: string[] = [];
  readonly gate: StartGate;
  #running: Array<() => void> = [];

  constructor(starts: number, waiting: number) {
    this.gate = new StartGate(this.clock, { starts, waiting });
  }

  /** `name` begins with that of its lane. */
  come(name: string): void {
    const begin = (): void => {
      this.begun.push(name);
      void this.gate.run(() => new Promise<void>((resolve) => this.#running.push(resolve)));
    };
    if (this.gate.isOpen) begin();
    else this.gate.queue(name[0] as string, begin, () => this.refused.push(name));
  }

  async endOne(): Promise<void> {
    this.#running.shift()?.();
    await this.clock.advance(0);
  }
}

test("lanes take turns, each in the order of arrival: a function that starts many holds up no other", async () => {
  const bench = new GateBench(1, 10);
  for (const name of ["a1", "a2", "a3", "a4", "b1", "c1", "b2"]) bench.come(name);
  for (let turn = 0; turn < 6; turn++) await bench.endOne();
  assert.deepEqual(bench.begun, ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
  await bench.endOne();
  assert.equal(bench.clock.pendingCount, 0);
});

test("where too many wait, the last of the longest lane gives way to another lane, and nobody to itself", () => {
  const bench = new GateBench(1, 3);
  for (const name of ["a1", "a2", "a3", "a4"]) bench.come(name);
  assert.throws(() => bench.come("a5"), { name: "SandboxBusy" });
  bench.come("b1");
  assert.deepEqual(bench.refused, ["a4"]);
  assert.throws(() => bench.come("b2"), { name: "SandboxBusy" });
  bench.gate.refuseAll(new Error("over"));
  assert.deepEqual(bench.refused, ["a4", "a2", "a3", "b1"]);
});

test("who waits for too long is refused", async () => {
  const bench = new GateBench(1, 3);
  // Both take up their place for half a second only, but the second one comes when the first has been refused its turn by nobody.
  bench.come("a1");
  const { leave } = bench.gate.queue("b", assert.fail, assert.fail);
  leave();
  await bench.clock.advance(400);
  bench.come("b1");
  await bench.clock.advance(100);
  assert.deepEqual(bench.begun, ["a1", "b1"]);
});
