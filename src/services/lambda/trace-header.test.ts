import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  countInChain,
  decisionIn,
  mergedHeader,
  parentIn,
  rootIn,
  traceHeaderFor,
  withDecision,
  withInvocationOf,
} from "./trace-header.ts";

const requestId = "01234567-89ab-4cde-8f01-23456789abcd";
const arn = (name: string): string => `arn:aws:lambda:eu-central-1:123456789012:function:${name}`;
const root = "Root=1-5759e988-bd862e3fe1be46a994272793";

describe("a trace header", () => {
  test("is new where nobody brings one, or what is brought is none", () => {
    const fresh = /^Root=1-00000001-[0-9a-f]{24}$/;
    for (const incoming of [undefined, "", "Root=1-2-3", "x".repeat(5_000), `${root}${"0".repeat(1_100)}`, "Lineage=00000000:16"])
      assert.match(traceHeaderFor(1_000, requestId, incoming), fresh);
  });

  test("goes on with the chain that is brought, and drops what is no part of one", () => {
    assert.equal(
      traceHeaderFor(0, requestId, `Self=1-1-1;${root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=0123abcd:4;Evil=1`),
      `${root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=0123abcd:4`,
    );
    assert.equal(traceHeaderFor(0, requestId, `${root};Lineage=0123abcd:x`), root);
    assert.equal(traceHeaderFor(0, requestId, `${root};Sampled=?`), root);
  });

  test("has all its members when it gets to a function", () => {
    const counted = /;Lineage=[0-9a-f]{8}:1$/;
    const undecided = traceHeaderFor(0, requestId);
    assert.match(
      withInvocationOf(undecided, arn("a")),
      /^Root=1-00000000-(?<first>[0-9a-f]{8})(?<parent>[0-9a-f]{16});Parent=\k<parent>;Sampled=0;Lineage=/,
    );
    const decided = withDecision(traceHeaderFor(0, requestId, `${root};Lineage=0123abcd:4`), true, "53995c3f42cd8ad8");
    assert.equal(decided, `${root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=0123abcd:4`);
    assert.deepEqual(
      [decisionIn(undecided), decisionIn(decided), parentIn(decided), rootIn(decided)],
      [undefined, true, "53995c3f42cd8ad8", root.slice(5)],
    );
    assert.match(withInvocationOf(withDecision(root, true, "53995c3f42cd8ad8"), arn("a")), counted);
  });

  test("counts each function on its own", () => {
    let header = traceHeaderFor(0, requestId);
    assert.equal(countInChain(header, arn("a")), 0);
    for (let round = 0; round < 3; round++) header = withInvocationOf(withInvocationOf(header, arn("a")), arn("b"));
    header = traceHeaderFor(0, "other", withInvocationOf(header, arn("b")));
    assert.equal(countInChain(header, arn("a")), 3);
    assert.equal(countInChain(header, arn("b")), 4);
    assert.equal(countInChain(header, arn("c")), 0);
  });

  test("stays short: functions that ran least are forgotten first, never the one that is counted", () => {
    let header = withInvocationOf(withInvocationOf(traceHeaderFor(0, requestId), arn("loop")), arn("loop"));
    for (let number = 0; number < 100; number++) header = withInvocationOf(header, arn(`f${number}`));
    assert.ok(header.length < 400);
    assert.equal(countInChain(header, arn("loop")), 2);
    assert.equal(countInChain(header, arn("f99")), 1);
  });

  test("of a batch has the most that any of its messages counted", () => {
    const one = `${root};Parent=53995c3f42cd8ad8;Sampled=0`;
    assert.equal(mergedHeader([]), undefined);
    assert.equal(mergedHeader([one, `${one};x=1`]), one);
    assert.equal(
      mergedHeader([one, `${one};Lineage=00000001:2|00000002:7`, `${one};Lineage=00000001:3`]),
      `${one};Lineage=00000002:7|00000001:3`,
    );
  });
});
