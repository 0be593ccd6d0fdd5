import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Alias, chooseVersion, versionsOf } from "./alias.ts";

const single: Alias = { accountId: "1", region: "r", name: "f", alias: "prod", version: "1", description: "", revisionId: "x" };
const split: Alias = { ...single, additional: { version: "2", weight: 0.1 } };

describe("an alias", () => {
  test("with one version draws no lots", () => {
    assert.equal(
      chooseVersion(single, () => assert.fail("drawn")),
      "1",
    );
    assert.deepEqual(versionsOf(single), ["1"]);
  });

  test("gives its second version the weight's share, no more", () => {
    assert.deepEqual(versionsOf(split), ["1", "2"]);
    assert.equal(
      chooseVersion(split, () => 0.0999),
      "2",
    );
    assert.equal(
      chooseVersion(split, () => 0.1),
      "1",
    );
  });

  test("gives nothing at weight 0 and everything at weight 1", () => {
    const weighing = (weight: number): Alias => ({ ...single, additional: { version: "2", weight } });
    assert.equal(
      chooseVersion(weighing(0), () => 0),
      "1",
    );
    assert.equal(
      chooseVersion(weighing(1), () => 0.999_999),
      "2",
    );
  });
});
