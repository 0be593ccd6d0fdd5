import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseEventPattern } from "./event-pattern.ts";

interface Case {
  pattern: object;
  fits: readonly unknown[];
  misses: readonly unknown[];
}

const cases: Record<string, Case> = {
  "a text": { pattern: { a: ["x"] }, fits: [{ a: "x" }, { a: "x", b: 1 }], misses: [{ a: "X" }, { a: "xx" }, { b: "x" }, {}] },
  "a number": { pattern: { a: [300] }, fits: [{ a: 300 }, { a: 3e2 }], misses: [{ a: "300" }, { a: 301 }] },
  "true, false and null": {
    pattern: { a: [true, null] },
    fits: [{ a: true }, { a: null }],
    misses: [{ a: false }, { a: "true" }, { a: 0 }, {}],
  },
  "the empty text": { pattern: { a: [""] }, fits: [{ a: "" }], misses: [{ a: null }, { a: " " }, {}] },
  "one of several": { pattern: { a: ["x", 1, { prefix: "z" }] }, fits: [{ a: "x" }, { a: 1 }, { a: "zoo" }], misses: [{ a: "y" }] },
  "two fields": { pattern: { a: [1], b: [2] }, fits: [{ a: 1, b: 2 }], misses: [{ a: 1 }, { a: 1, b: 1 }] },
  "a nested field": {
    pattern: { a: { b: { c: [1] } } },
    fits: [{ a: { b: { c: 1 } } }],
    misses: [{ a: { b: 1 } }, { a: { c: 1 } }, { c: 1 }],
  },
  "a list of values": { pattern: { a: [1] }, fits: [{ a: [0, 1] }, { a: [[2, [1]]] }], misses: [{ a: [] }, { a: [0] }, { a: [{ a: 1 }] }] },
  "fields of one object in a list": {
    pattern: { a: { x: [1], y: [4] } },
    fits: [{ a: [{ x: 0 }, { x: 1, y: 4 }] }, { a: [[{ x: 1, y: 4 }]] }],
    misses: [
      {
        a: [
          { x: 1, y: 2 },
          { x: 3, y: 4 },
        ],
      },
    ],
  },
  prefix: {
    pattern: { a: [{ prefix: "us-" }] },
    fits: [{ a: "us-east-1" }, { a: "us-" }],
    misses: [{ a: "US-east-1" }, { a: "eu-us-" }, { a: 5 }],
  },
  "prefix, ignoring case": { pattern: { a: [{ prefix: { "equals-ignore-case": "Us-" } }] }, fits: [{ a: "uS-1" }], misses: [{ a: "u" }] },
  suffix: { pattern: { a: [{ suffix: ".png" }] }, fits: [{ a: "a.png" }], misses: [{ a: "a.PNG" }, { a: "a.png " }] },
  "suffix, ignoring case": {
    pattern: { a: [{ suffix: { "equals-ignore-case": ".PNG" } }] },
    fits: [{ a: "a.pNg" }],
    misses: [{ a: "png" }],
  },
  "equals-ignore-case": {
    pattern: { a: [{ "equals-ignore-case": "Alice" }] },
    fits: [{ a: "ALICE" }],
    misses: [{ a: "alices" }, { a: 1 }],
  },
  "anything-but": {
    pattern: { a: [{ "anything-but": "x" }] },
    fits: [{ a: "y" }, { a: 1 }, { a: ["x", "y"] }],
    misses: [{ a: "x" }, {}, { a: [] }],
  },
  "anything-but, numbers": { pattern: { a: [{ "anything-but": [1, 2] }] }, fits: [{ a: 3 }, { a: "1" }], misses: [{ a: 1 }, { a: 2 }] },
  "anything-but, prefix": { pattern: { a: [{ "anything-but": { prefix: "x" } }] }, fits: [{ a: "y" }, { a: 1 }], misses: [{ a: "xy" }] },
  "anything-but, suffixes": {
    pattern: { a: [{ "anything-but": { suffix: ["x", "y"] } }] },
    fits: [{ a: "xa" }],
    misses: [{ a: "ax" }, { a: "ay" }],
  },
  "anything-but, ignoring case": {
    pattern: { a: [{ "anything-but": { "equals-ignore-case": ["x"] } }] },
    fits: [{ a: "y" }],
    misses: [{ a: "X" }],
  },
  "anything-but, wildcard": {
    pattern: { a: [{ "anything-but": { wildcard: "*/lib/*" } }] },
    fits: [{ a: "/bin/x" }],
    misses: [{ a: "/lib/x" }],
  },
  "exists: true": {
    pattern: { a: [{ exists: true }] },
    fits: [{ a: 1 }, { a: null }, { a: "" }],
    misses: [{}, { a: {} }, { a: { b: 1 } }, { a: [] }],
  },
  "exists: false": { pattern: { a: [{ exists: false }] }, fits: [{}, { b: 1 }, { a: { b: 1 } }], misses: [{ a: 1 }, { a: null }] },
  "exists: false within": { pattern: { a: { b: [{ exists: false }] } }, fits: [{}, { a: 1 }, { a: { c: 1 } }], misses: [{ a: { b: 1 } }] },
  "absent or a value": { pattern: { a: ["x", { exists: false }] }, fits: [{}, { a: "x" }], misses: [{ a: "y" }] },
  "numeric equality": { pattern: { a: [{ numeric: ["=", 0.1] }] }, fits: [{ a: 0.1 }], misses: [{ a: "0.1" }, { a: 0.11 }] },
  "numeric, one bound": { pattern: { a: [{ numeric: ["<", 10] }] }, fits: [{ a: 9.99 }, { a: -1e12 }], misses: [{ a: 10 }, { a: "9" }] },
  "numeric range": { pattern: { a: [{ numeric: [">", 0, "<=", 5] }] }, fits: [{ a: 0.01 }, { a: 5 }], misses: [{ a: 0 }, { a: 5.01 }] },
  "numeric, other bounds": { pattern: { a: [{ numeric: [">=", -5, "<", 5] }] }, fits: [{ a: -5 }], misses: [{ a: 5 }] },
  cidr: {
    pattern: { a: [{ cidr: "10.0.0.0/24" }] },
    fits: [{ a: "10.0.0.255" }],
    misses: [{ a: "10.0.1.0" }, { a: "10.0.0" }, { a: "::1" }],
  },
  "cidr, one address": { pattern: { a: [{ cidr: "10.0.0.7" }] }, fits: [{ a: "10.0.0.7" }], misses: [{ a: "10.0.0.8" }] },
  "cidr, version 6": {
    pattern: { a: [{ cidr: "2001:db8::/32" }] },
    fits: [{ a: "2001:db8:1::1" }],
    misses: [{ a: "2001:db9::1" }, { a: "10.0.0.1" }],
  },
  wildcard: {
    pattern: { a: [{ wildcard: "/users/*/bin/*" }] },
    fits: [{ a: "/users/me/bin/" }, { a: "/users//bin/x/y" }],
    misses: [{ a: "/users/bin/" }],
  },
  "wildcard, overlapping": {
    pattern: { a: [{ wildcard: "ab*ba" }] },
    fits: [{ a: "abba" }, { a: "abcba" }],
    misses: [{ a: "aba" }, { a: "ab" }],
  },
  "wildcard, middle before end": {
    pattern: { a: [{ wildcard: "*b*b" }] },
    fits: [{ a: "bb" }, { a: "abcb" }],
    misses: [{ a: "b" }, { a: "ab" }],
  },
  "wildcard, escaped": { pattern: { a: [{ wildcard: "\\*\\\\*" }] }, fits: [{ a: "*\\x" }], misses: [{ a: "x\\x" }] },
  "wildcard without any": { pattern: { a: [{ wildcard: "ab" }] }, fits: [{ a: "ab" }], misses: [{ a: "abc" }] },
  $or: { pattern: { $or: [{ a: [1] }, { b: [2] }] }, fits: [{ a: 1 }, { b: 2 }], misses: [{ a: 2, b: 1 }, {}] },
  "$or beside a field": {
    pattern: { c: [3], $or: [{ a: [1] }, { b: { d: [2] } }] },
    fits: [{ c: 3, b: { d: 2 } }],
    misses: [{ c: 3 }, { a: 1 }],
  },
  "$or within $or": {
    pattern: { $or: [{ a: [1], $or: [{ b: [1] }, { b: [2] }] }, { c: [1] }] },
    fits: [{ a: 1, b: 2 }, { c: 1 }],
    misses: [{ a: 1 }],
  },
  "names of built-in properties": {
    pattern: { constructor: [{ exists: false }], toString: { length: [{ exists: false }] } },
    fits: [{}],
    misses: [{ constructor: 1 }],
  },
  "events that are no objects": { pattern: { a: [{ exists: true }] }, fits: [], misses: ["a", 1, null, undefined, []] },
};

describe("an event pattern matches", () => {
  for (const [name, { pattern, fits, misses }] of Object.entries(cases)) {
    test(name, () => {
      const parsed = parseEventPattern(JSON.stringify(pattern));
      for (const event of fits) assert.equal(parsed.matches(event), true, `should fit: ${JSON.stringify(event)}`);
      for (const event of misses) assert.equal(parsed.matches(event), false, `should not fit: ${JSON.stringify(event)}`);
    });
  }
});

const refusals: ReadonlyArray<[text: string, reason: RegExp]> = [
  ["", /not JSON/],
  ["{a: [1]}", /not JSON/],
  ['{"a": ["INSERT"=123}', /not JSON/],
  ['"text"', /not an object/],
  ["null", /not an object/],
  ['[{"a": [1]}]', /not an object/],
  ["{}", /Empty objects/],
  ['{"a": {}}', /Empty objects/],
  ['{"a": []}', /Empty arrays/],
  ['{"a": 1}', /"a" must be an object or an array/],
  ['{"a": "x"}', /"a" must be an object or an array/],
  ['{"a": null}', /"a" must be an object or an array/],
  ['{"a": [["x"]]}', /Only one key/],
  ['{"a": [{}]}', /Only one key/],
  ['{"a": [{"prefix": "x", "suffix": "y"}]}', /Only one key/],
  ['{"a": [{"contains": "x"}]}', /Unrecognized match type contains/],
  ['{"a": [{"prefix": 1}]}', /prefix match pattern must be a string/],
  ['{"a": [{"prefix": {"suffix": "x"}}]}', /Unsupported prefix pattern: suffix/],
  ['{"a": [{"suffix": ["x"]}]}', /Only one key/],
  ['{"a": [{"equals-ignore-case": ["x"]}]}', /must be a string/],
  ['{"a": [{"exists": "true"}]}', /exists match pattern/],
  ['{"a": [{"anything-but": []}]}', /Empty arrays/],
  ['{"a": [{"anything-but": true}]}', /mixed type/],
  ['{"a": [{"anything-but": null}]}', /mixed type/],
  ['{"a": [{"anything-but": ["x", 1]}]}', /mixed type/],
  ['{"a": [{"anything-but": {"numeric": ["=", 1]}}]}', /Unsupported anything-but pattern: numeric/],
  ['{"a": [{"anything-but": {"prefix": []}}]}', /Empty arrays/],
  ['{"a": [{"anything-but": {"prefix": [1]}}]}', /must be a string/],
  ['{"a": [{"numeric": 1}]}', /must be an array/],
  ['{"a": [{"numeric": []}]}', /must be an array/],
  ['{"a": [{"numeric": ["!", 1]}]}', /Unrecognized numeric range operator: !/],
  ['{"a": [{"numeric": ["toString", 1]}]}', /Unrecognized numeric range operator/],
  ['{"a": [{"numeric": ["<", "1"]}]}', /must be numeric/],
  ['{"a": [{"numeric": ["<"]}]}', /must be numeric/],
  ['{"a": [{"numeric": ["<", 5000000001]}]}', /between/],
  ['{"a": [{"numeric": ["<", 5, ">", 1]}]}', /Bad numeric range/],
  ['{"a": [{"numeric": [">", 5, "<"]}]}', /must be numeric/],
  ['{"a": [{"numeric": [">", 5, "<", 5]}]}', /Bottom must be less than top/],
  ['{"a": [{"numeric": [">", 1, "<", 5, "<", 6]}]}', /Bad numeric range/],
  ['{"a": [{"cidr": "10.0.0.0/33"}]}', /Malformed CIDR/],
  ['{"a": [{"cidr": "10.0.0/8"}]}', /Malformed CIDR/],
  ['{"a": [{"cidr": "10.0.0.0/"}]}', /Malformed CIDR/],
  ['{"a": [{"cidr": "10.0.0.0/8/8"}]}', /Malformed CIDR/],
  ['{"a": [{"cidr": 1}]}', /must be a string/],
  ['{"a": [{"wildcard": "a**b"}]}', /Consecutive wildcard/],
  ['{"a": [{"wildcard": "a\\\\b"}]}', /Invalid escape/],
  ['{"a": [{"wildcard": "a\\\\"}]}', /Invalid escape/],
  ['{"$or": {"a": [1]}}', /at least 2/],
  ['{"$or": [{"a": [1]}]}', /at least 2/],
  ['{"$or": [{"a": [1]}, 1]}', /Only objects/],
  ['{"$or": [{"a": [1]}, {}]}', /Empty objects/],
];

describe("no event pattern", () => {
  for (const [text, reason] of refusals) {
    test(text, () => assert.throws(() => parseEventPattern(text), { name: "InvalidEventPattern", message: reason }));
  }
});

test("a wildcard does not backtrack", () => {
  const pattern = parseEventPattern(JSON.stringify({ a: [{ wildcard: `${"a*".repeat(500)}b` }] }));
  assert.equal(pattern.matches({ a: "a".repeat(200_000) }), false);
});

test("an event nested deep is no danger", () => {
  const event = { a: JSON.parse(`${"[".repeat(100_000)}1${"]".repeat(100_000)}`) as unknown };
  assert.equal(parseEventPattern('{"a": [1]}').matches(event), true);
});
