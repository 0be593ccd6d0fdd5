import assert from "node:assert/strict";
import { test } from "node:test";
import { BodiesInFlight } from "./bodies-in-flight.ts";

/** Takes one byte after the other until there are no more. */
function takeAll(bodies: BodiesInFlight, owner: string): number {
  let bytes = 0;
  while (bodies.take(owner, 1)) bytes++;
  return bytes;
}

test("whoever comes finds room, however much others have taken", () => {
  const bodies = new BodiesInFlight(1_200);
  assert.equal(takeAll(bodies, "a"), 600);
  assert.equal(takeAll(bodies, "b"), 300);
  assert.equal(takeAll(bodies, "c"), 150);
  assert.equal(takeAll(bodies, "a"), 0);
  bodies.release("a", 600);
  assert.equal(bodies.take("d", 375), true);
});

test("what was given back can be taken again", () => {
  const bodies = new BodiesInFlight(100);
  for (let round = 0; round < 3; round++) {
    assert.equal(bodies.take("a", 50), true);
    assert.equal(bodies.take("a", 1), false);
    bodies.release("a", 50);
  }
});
