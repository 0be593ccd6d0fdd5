import assert from "node:assert/strict";
import { test } from "node:test";
import { randomIds } from "./ids.ts";

test("ids have the length and the alphabet that was asked for", () => {
  for (const length of [1, 7, 32, 5_000]) {
    assert.match(randomIds.hex(length), new RegExp(`^[0-9a-f]{${length}}$`));
    assert.match(randomIds.base32(length), new RegExp(`^[A-Z2-7]{${length}}$`));
    assert.equal(randomIds.bytes(length).length, length);
  }
  assert.equal(randomIds.bytes(0).length, 0);
  const fraction = randomIds.fraction();
  assert.ok(fraction >= 0 && fraction < 1);
});

test("nothing that was drawn ahead is given twice, or changes afterwards", () => {
  const given = Array.from({ length: 2_000 }, () => randomIds.bytes(16));
  const texts = given.map((bytes) => bytes.toString("hex"));
  assert.equal(new Set(texts).size, given.length);
  randomIds.bytes(2_048);
  assert.deepEqual(
    given.map((bytes) => bytes.toString("hex")),
    texts,
  );
});
