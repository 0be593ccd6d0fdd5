import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "../errors.ts";
import { createJsonCodec, parseJsonObject } from "./json-codec.ts";

const codec = createJsonCodec({ usesJsonName: true });
const text = 0;
const schema = NormalizedSchema.of([
  3,
  "test",
  "Everything",
  0,
  ["Text", "Number", "Flag", "When", "Bytes", "Names", "Map", "Renamed"],
  [text, 1, 2, 4, 21, 64 | text, 128 | text, [text, { jsonName: "other" }]],
] as never);

const refused = (value: unknown): string => {
  try {
    codec.read(schema, value);
  } catch (error) {
    assert.ok(error instanceof AwsError && error.code === "SerializationException", String(error));
    return error.message;
  }
  return assert.fail(`${JSON.stringify(value)} was accepted`);
};

describe("the JSON codec", () => {
  test("reads and writes every kind of value", () => {
    const wire = {
      Text: "a",
      Number: 1.5,
      Flag: false,
      When: 1_700_000_000.25,
      Bytes: "AQI=",
      Names: ["x"],
      Map: { k: "v" },
      other: "renamed",
    };
    const typed = codec.read(schema, wire) as Record<string, unknown>;
    assert.equal((typed.When as Date).getTime(), 1_700_000_000_250);
    assert.deepEqual([...(typed.Bytes as Uint8Array)], [1, 2]);
    assert.equal(typed.Renamed, "renamed");
    assert.deepEqual(JSON.parse(JSON.stringify(codec.write(schema, typed))), wire);
  });

  test("names the type it met and the one it wanted", () => {
    assert.equal(refused({ Number: "abc" }), "STRING_VALUE cannot be converted to Integer");
    assert.equal(refused({ Text: 5 }), "NUMBER_VALUE cannot be converted to String");
    assert.equal(refused({ Text: true }), "TRUE_VALUE cannot be converted to String");
    assert.equal(refused({ Flag: "true" }), "STRING_VALUE cannot be converted to Boolean");
    assert.equal(refused({ Text: {} }), "Start of structure or map found where not expected.");
    assert.equal(refused({ Text: [] }), "Start of list found where not expected");
    assert.equal(refused({ Names: "x" }), "Unexpected field type");
    assert.equal(refused({ Map: [] }), "Start of list found where not expected");
    assert.equal(refused({ Bytes: "not base64" }), "Invalid base64");
    assert.equal(refused({ When: "yesterday" }), "Invalid timestamp");
    for (const value of ["text", 5, null, [], true]) refused(value);
  });

  test("drops nulls of structures, keeps those of maps and lists", () => {
    assert.deepEqual(codec.read(schema, { Text: null, Unknown: 1 }), {});
    const typed = codec.read(schema, { Map: { a: null }, Names: [null] }) as { Map: object; Names: unknown[] };
    assert.deepEqual({ ...typed.Map }, { a: null });
    assert.deepEqual(typed.Names, [null]);
  });

  test("keeps the keys of clients apart from JavaScript's own", () => {
    const typed = codec.read(schema, JSON.parse('{"Map":{"__proto__":"a","constructor":"b"}}')) as { Map: Record<string, string> };
    assert.equal(Object.getPrototypeOf(typed.Map), null);
    assert.deepEqual(Object.entries(typed.Map), [
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
    assert.deepEqual(codec.read(schema, JSON.parse('{"__proto__":{"Text":"inherited"}}')), {});
    assert.equal(JSON.stringify(codec.write(schema, typed)), '{"Map":{"__proto__":"a","constructor":"b"}}');
  });

  test("refuses nesting deeper than the stack", () => {
    const recursive: unknown[] = [3, "test", "Node", 0, ["Next"], [() => recursive]];
    const node = NormalizedSchema.of(recursive as never);
    let value: object = {};
    for (let depth = 0; depth < 100_000; depth++) value = { Next: value };
    assert.throws(() => codec.read(node, value), { code: "SerializationException" });
  });
});

describe("a JSON body", () => {
  test("must be an object; none at all is an empty one", () => {
    assert.deepEqual(parseJsonObject(Buffer.alloc(0)), {});
    assert.deepEqual(parseJsonObject(Buffer.from('{"a":1}')), { a: 1 });
    for (const body of ["{", "[]", "null", '"text"', "\u0000", "{'a':1}"]) {
      assert.throws(() => parseJsonObject(Buffer.from(body)), { code: "SerializationException" }, body);
    }
  });
});
