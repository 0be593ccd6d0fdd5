import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundedCache } from "./bounded-cache.ts";

test("values in use stay, others make room", () => {
  const cache = new BoundedCache<number>(4);
  cache.set("used", 0);
  for (let index = 1; index <= 100; index++) {
    cache.set(`${index}`, index);
    assert.equal(cache.get("used"), 0, `after ${index} others`);
  }
  const kept = Array.from({ length: 100 }, (_, index) => cache.get(`${index + 1}`)).filter((value) => value !== undefined);
  assert.ok(kept.length <= 3, `${kept.length} others are kept`);
});

test("the value set last counts", () => {
  const cache = new BoundedCache<number>(4);
  for (const value of [1, 2, 3]) {
    cache.set("a", value);
    cache.set("b", value);
    assert.deepEqual([cache.get("a"), cache.get("b")], [value, value]);
  }
  assert.equal(cache.get("c"), undefined);
});
