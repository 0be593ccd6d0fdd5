import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "#test/random-values.ts";
import { DueHeap } from "./due-heap.ts";

test("what is due first comes out first, whatever the order it came in", () => {
  const random = seededRandom(11);
  const heap = new DueHeap<number>();
  const times = Array.from({ length: 500 }, () => Math.floor(random() * 100));
  const out: number[] = [];
  for (const [index, time] of times.entries()) {
    heap.push(time, index);
    // Now and then one is taken in between: it must be the least so far.
    if (index % 7 === 0) {
      const least = heap.pop()!;
      assert(heap.size === 0 || least.dueMs <= heap.peek()!.dueMs);
      assert.equal(times[least.value], least.dueMs);
      times[least.value] = -1;
    }
  }
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) out.push(next.dueMs);
  assert.deepEqual(
    out,
    times.filter((time) => time >= 0).sort((a, b) => a - b),
  );
});
