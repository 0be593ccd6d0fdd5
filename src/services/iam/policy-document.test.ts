import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkIdentityPolicy, checkTrustPolicy, encodeDocument } from "./policy-document.ts";

const allow = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
const trust = { Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" };
const documentOf = (statement: unknown, Version = "2012-10-17"): string => JSON.stringify({ Version, Statement: statement });

describe("policy documents", () => {
  for (const [name, document] of [
    ["one statement", documentOf(allow)],
    ["several", documentOf([allow, { ...allow, Sid: "A" }, { ...allow, Effect: "Deny", Sid: "B" }])],
    [
      "inversions and conditions",
      documentOf([{ Effect: "Deny", NotAction: ["iam:*"], NotResource: "arn:aws:s3:::x/*", Condition: { Bool: { a: true } } }]),
    ],
    ["wildcards", documentOf([{ ...allow, Action: "*", Resource: ["arn:aws:logs:*:*:*", "arn:*:s3:::b"] }])],
  ] as const) {
    test(`are accepted: ${name}`, () => checkIdentityPolicy(document));
  }

  for (const [document, message] of [
    ["{", "Syntax errors in policy."],
    ["[]", "Syntax errors in policy."],
    [documentOf([]), "Syntax errors in policy."],
    [documentOf({ ...allow, Effect: "Maybe" }), "Syntax errors in policy."],
    [documentOf({ ...allow, Unknown: 1 }), "Syntax errors in policy."],
    [documentOf({ ...allow, NotAction: "s3:*" }), "Syntax errors in policy."],
    [documentOf({ ...allow, Resource: 7 }), "Syntax errors in policy."],
    [documentOf(allow, "2012-10-18"), "Syntax errors in policy."],
    [documentOf({ ...allow, Condition: { Bool: 1 } }), "Syntax errors in policy."],
    [documentOf({ ...allow, Condition: { Foo: { a: "b" } } }), "Invalid Condition type : Foo"],
    [documentOf(allow, "2008-10-17"), "Policy document must be version 2012-10-17 or greater."],
    [
      documentOf([
        { ...allow, Sid: "A" },
        { ...allow, Sid: "A" },
      ]),
      "Statement IDs (SID) in a single policy must be unique.",
    ],
    [documentOf({ ...allow, Action: undefined }), "Policy statement must contain actions."],
    [documentOf({ ...allow, Resource: [] }), "Policy statement must contain resources."],
    [documentOf({ ...allow, Principal: "*" }), "Policy document should not specify a principal."],
    [documentOf({ ...allow, Action: "GetObject" }), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."],
    [documentOf({ ...allow, Action: "s3:a:b" }), "Actions/Condition can contain only one colon."],
    [documentOf({ ...allow, Action: "s 3:a" }), "Vendor s 3 is not valid"],
    [documentOf({ ...allow, Resource: "bucket" }), 'Resource bucket must be in ARN format or "*".'],
    [documentOf({ ...allow, Resource: "arn:aws" }), "Resource vendor must be fully qualified and cannot contain regexes."],
    [documentOf({ ...allow, Resource: "arn:aws:s3::b" }), "The policy failed legacy parsing"],
  ] as const) {
    test(`are refused: ${message} ${document}`, () =>
      assert.throws(() => checkIdentityPolicy(document), { code: "MalformedPolicyDocumentException", message }));
  }

  for (const [document, code, message] of [
    ["{", "MalformedPolicyDocumentException", "This policy contains invalid Json"],
    [documentOf({ ...trust, Resource: "*" }), "MalformedPolicyDocumentException", "Has prohibited field Resource"],
    [documentOf({ ...trust, Principal: undefined }), "MalformedPolicyDocumentException", "Missing required field Principal"],
    [
      documentOf({ ...trust, Action: "s3:*" }),
      "MalformedPolicyDocumentException",
      "AssumeRole policy may only specify STS AssumeRole actions.",
    ],
    [documentOf({ ...trust, Sid: "x".repeat(2_048) }), "LimitExceededException", "Cannot exceed quota for ACLSizePerRole: 2048"],
  ] as const) {
    test(`of roles are refused: ${message}`, () => {
      checkTrustPolicy(documentOf(trust));
      assert.throws(() => checkTrustPolicy(document), { code, message });
    });
  }

  test("are encoded as RFC 3986 has it", () => {
    assert.equal(encodeDocument('{"a": "(*)!\'ü"}'), "%7B%22a%22%3A%20%22%28%2A%29%21%27%C3%BC%22%7D");
  });
});
