import assert from "node:assert/strict";
import { test } from "node:test";
import { withSection } from "./report.ts";

test("a section takes the place of the one of its title, a new one comes last, or first", () => {
  const text = withSection(withSection("# Report\n\nPreface.\n", "One", "first"), "Two", "second");
  assert.equal(text, "# Report\n\nPreface.\n\n## One\n\nfirst\n\n## Two\n\nsecond\n");
  assert.equal(withSection(text, "One", "anew"), "# Report\n\nPreface.\n\n## One\n\nanew\n\n## Two\n\nsecond\n");
  assert.equal(
    withSection(text, "Targets", "all", true),
    "# Report\n\nPreface.\n\n## Targets\n\nall\n\n## One\n\nfirst\n\n## Two\n\nsecond\n",
  );
  assert.equal(withSection(withSection(text, "Targets", "all", true), "Targets", "none", true).match(/## Targets/g)?.length, 1);
  assert.ok(withSection("", "One", "first").startsWith("# Benchmarks\n"));
});
