import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withTags, withoutTags } from "./tags.ts";

const tag = (Key: string, Value = "") => ({ Key, Value });

describe("tags", () => {
  test("replace those of the same key, case ignored", () => {
    assert.deepEqual(withTags([tag("a"), tag("B", "old")], [tag("b", "new")]), [tag("a"), tag("b", "new")]);
    assert.deepEqual(withoutTags([tag("a"), tag("B")], ["b", "none"]), [tag("a")]);
  });

  for (const [name, added, code] of [
    ["twice the same key", [tag("a"), tag("A")], "InvalidInputException"],
    ["a key of AWS's", [tag("aws:x")], "InvalidInputException"],
    ["more than fifty", Array.from({ length: 50 }, (_, index) => tag(`k${index}`)), "LimitExceededException"],
  ] as const) {
    test(`are refused: ${name}`, () => assert.throws(() => withTags([tag("present")], added), { code }));
  }
});
