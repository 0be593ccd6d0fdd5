import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { loadConstraints } from "./constraints.ts";
import { compilePattern } from "./pattern.ts";

test("a pattern is for the whole value, alternatives included", () => {
  assert.equal(compilePattern("a|b").test("b"), true);
  assert.equal(compilePattern("a|b").test("ab"), false);
  assert.equal(compilePattern("[a-z]+").test("a\n"), false);
});

test("Java's classes", () => {
  assert.equal(compilePattern("[\\p{L}\\-@]+").test("Ärzte-@"), true);
  assert.equal(compilePattern("[\\p{L}\\-@]+").test("p{L}"), false);
  assert.equal(compilePattern("\\p{Print}+\\_").test("a b_"), true);
});

describe("every generated pattern compiles", () => {
  for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith(".json"))) {
    test(file, async () => {
      const { shapes } = await loadConstraints(file.replace(".json", ""));
      const patterns = Object.values(shapes).flatMap((shape) => (shape.kind === "string" ? (shape.pattern ?? []) : []));
      // AWS models none for SQS.
      assert.equal(patterns.length > 0, file !== "sqs.json");
      for (const pattern of patterns) assert.doesNotThrow(() => compilePattern(pattern), pattern);
    });
  }
});
