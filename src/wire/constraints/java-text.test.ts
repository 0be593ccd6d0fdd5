import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceConstraints } from "./constraints.ts";
import { javaNumber, javaText } from "./java-text.ts";

test("numbers as Double.toString and Integer.toString show them", () => {
  const shown: ReadonlyArray<[number, string]> = [
    [0, "0.0"],
    [-1, "-1.0"],
    [0.5, "0.5"],
    [1e6, "1000000.0"],
    [1e7, "1.0E7"],
    [12_345_678.9, "1.23456789E7"],
    [1e-4, "1.0E-4"],
  ];
  for (const [value, text] of shown) assert.equal(javaNumber({ kind: "double" }, value), text);
  assert.equal(javaNumber({ kind: "integer" }, 5), "5");
  assert.equal(javaNumber({ kind: "long" }, 1e15), "1000000000000000");
});

test("structures, lists, maps and what is secret within them", () => {
  const { shapes, operations }: ServiceConstraints = {
    operations: {},
    shapes: {
      tags: { kind: "list", item: "tag" },
      tag: { kind: "structure", members: { Key: "text", Value: "secret", Weights: "weights", Since: "time", On: "flag" } },
      weights: { kind: "map", key: "text", value: "weight" },
      text: { kind: "string" },
      secret: { kind: "string", sensitive: true },
      weight: { kind: "double" },
      time: { kind: "timestamp" },
      flag: { kind: "boolean" },
    },
  };
  const value = [
    { Key: "k", Value: "hidden", Weights: { a: 1, b: 2 } },
    { Since: new Date(0), On: true },
  ];
  assert.equal(
    javaText({ shapes, operations }, "tags", value),
    "[Tag(key=k, value=***, weights={a=1.0, b=2.0}, since=null, on=null), Tag(key=null, value=null, weights=null, since=1970-01-01T00:00:00.000Z, on=true)]",
  );
});
