import assert from "node:assert/strict";
import { test } from "node:test";
import { maxUnfinishedBodies, maxUnfinishedBytes, UploadTurns } from "./upload-turns.ts";

/** Asks for turns in this order; `ends` holds those that were given. */
async function ask(sizes: readonly number[]) {
  const turns = new UploadTurns();
  const ends: Array<(() => void) | undefined> = sizes.map(() => undefined);
  sizes.forEach((size, index) => void turns.begin(size).then((end) => (ends[index] = end)));
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await settle();
  const begun = (): number[] => ends.flatMap((end, index) => (end ? [index] : []));
  return { ends, begun, settle };
}

test("so many begin at once, and the next when one is over, which counts once", async () => {
  const { ends, begun, settle } = await ask(Array.from({ length: maxUnfinishedBodies + 3 }, () => 1));
  assert.equal(begun().length, maxUnfinishedBodies);
  ends[3]!();
  ends[3]!();
  await settle();
  assert.equal(begun().length, maxUnfinishedBodies + 1);
});

test("so many bytes begin at once, in order; what is larger than that goes alone", async () => {
  const { ends, begun, settle } = await ask([maxUnfinishedBytes / 2, maxUnfinishedBytes / 2, 3 * maxUnfinishedBytes, 1, 2]);
  assert.deepEqual(begun(), [0, 1]);
  ends[0]!();
  await settle();
  assert.deepEqual(begun(), [0, 1]);
  ends[1]!();
  await settle();
  assert.deepEqual(begun(), [0, 1, 2]);
  ends[2]!();
  await settle();
  assert.deepEqual(begun(), [0, 1, 2, 3, 4]);
});
