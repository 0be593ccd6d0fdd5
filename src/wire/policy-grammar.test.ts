import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hasUniqueSids, isAbsent, parsePolicy, statementsOf, unknownOperator } from "./policy-grammar.ts";

const statement = { Effect: "Allow", Principal: "*", Action: "lambda:InvokeFunction", Resource: "*" };
const read = (changes: object, document: object = {}) => statementsOf({ Statement: { ...statement, ...changes }, ...document });

describe("the grammar of policies", () => {
  test("takes documents with what is in it, and one statement as a list of one", () => {
    assert.deepEqual(parsePolicy('{"Statement": []}'), { Statement: [] });
    assert.deepEqual(read({}, { Version: "2012-10-17", Id: "i" }), [statement]);
    const full = {
      Sid: "",
      Principal: { AWS: ["a", "b"], Service: "c" },
      Condition: { Bool: { a: true }, NumericEquals: { b: [1, "2"] } },
    };
    assert.deepEqual(read(full), [{ ...statement, ...full }]);
    assert.equal(statementsOf({ Statement: [statement, statement] })?.length, 2);
  });

  for (const [name, changes, document] of [
    ["an unknown element of a statement", { Foo: 1 }],
    ["another effect", { Effect: "allow" }],
    ["a number for a Sid", { Sid: 1 }],
    ["a name and its inversion", { NotPrincipal: { AWS: "a" } }],
    ["a principal of an unknown kind", { Principal: { Foo: "a" } }],
    ["a principal that is a bare name", { Principal: "a" }],
    ["nobody", { Principal: {} }],
    ["nobody of an account", { Principal: { AWS: [] } }],
    ["a principal without a name", { Principal: { AWS: 1 } }],
    ["an action that is no text", { Action: [1] }],
    ["an operator without keys", { Condition: { Bool: 1 } }],
    ["a key without a value", { Condition: { Bool: { a: {} } } }],
    ["an unknown version", {}, { Version: "2012-10-18" }],
    ["an unknown element of the document", {}, { Foo: 1 }],
    ["an Id that is no text", {}, { Id: 1 }],
    ["no statement", {}, { Statement: [] }],
    ["a statement that is none", {}, { Statement: ["a"] }],
  ] as const) {
    test(`refuses ${name}`, () => assert.equal(read(changes, document), undefined));
  }

  test("refuses what is no object", () => {
    for (const text of ["{", "[]", "null", '"a"']) assert.equal(parsePolicy(text), undefined);
  });

  test("knows Sids that come twice, the empty one aside", () => {
    assert.ok(hasUniqueSids([{ Sid: "a" }, { Sid: "b" }, { Sid: "" }, { Sid: "" }, {}]));
    assert.ok(!hasUniqueSids([{ Sid: "a" }, { Sid: "a" }]));
  });

  test("knows the operators of conditions, in any spelling, with what may stand around them", () => {
    const known = ["StringEquals", "arnlike", "IpAddressIfExists", "ForAnyValue:StringLike", "ForAllValues:StringEqualsIfExists", "Null"];
    assert.equal(unknownOperator({ Condition: Object.fromEntries(known.map((name) => [name, {}])) }), undefined);
    assert.equal(unknownOperator({}), undefined);
    for (const name of ["Foo", "NullIfExists", "ForSomeValues:Bool", "IfExists"])
      assert.equal(unknownOperator({ Condition: { Bool: {}, [name]: {} } }), name);
  });

  test("takes an empty list for nothing", () => {
    assert.ok(isAbsent({ Action: [] }, "Action") && isAbsent({}, "Action"));
    assert.ok(!isAbsent({ Action: ["a"] }, "Action"));
  });
});
