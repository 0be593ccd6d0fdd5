import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { rootPrincipal, servicePrincipal } from "#wire/principal.ts";
import { functionArn, parseFunctionName, parseUnqualifiedName } from "./function-name.ts";

const scope = { accountId: "111111111111", region: "eu-west-1" };
const id = { ...scope, name: "my-fn" };

describe("the name of a function", () => {
  const forms: Array<[text: string, qualifier?: string]> = [
    ["my-fn"],
    ["my-fn:prod", "prod"],
    ["my-fn:$LATEST", "$LATEST"],
    ["111111111111:function:my-fn"],
    ["111111111111:function:my-fn:7", "7"],
    ["function:my-fn"],
    ["arn:aws:lambda:eu-west-1:111111111111:function:my-fn"],
    ["arn:aws:lambda:eu-west-1:111111111111:function:my-fn:prod", "prod"],
  ];
  for (const [text, qualifier] of forms) {
    test(`is understood as ${text}`, () => {
      assert.deepEqual(parseFunctionName(text, scope), { ...id, ...(qualifier !== undefined && { qualifier }) });
    });
  }

  test("takes a qualifier from the side, if the two agree", () => {
    assert.equal(parseFunctionName("my-fn", scope, "prod").qualifier, "prod");
    assert.equal(parseFunctionName("my-fn:prod", scope, "prod").qualifier, "prod");
    assert.throws(() => parseFunctionName("my-fn:prod", scope, "dev"), {
      code: "InvalidParameterValueException",
      message: "The derived qualifier from the function name does not match the specified qualifier.",
    });
  });

  test("may have 64 characters", () => {
    assert.equal(parseFunctionName("x".repeat(64), scope).name.length, 64);
    assert.throws(() => parseFunctionName("x".repeat(65), scope), {
      code: "InvalidParameterValueException",
      message: `1 validation error detected: Value '${"x".repeat(65)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`,
    });
  });

  test("is reachable in its own region only", () => {
    assert.throws(() => parseFunctionName("arn:aws:lambda:us-east-1:111111111111:function:my-fn", scope), {
      code: "ResourceNotFoundException",
      message: "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')",
    });
  });

  test("of another account is refused to whoever is of this one, and to no service", () => {
    const text = "arn:aws:lambda:eu-west-1:222222222222:function:my-fn:prod";
    const theirs = { ...id, accountId: "222222222222", qualifier: "prod" };
    for (const [operation, action] of [
      ["GetFunction", "GetFunction"],
      ["Invoke", "InvokeFunction"],
    ] as const) {
      assert.throws(() => parseFunctionName(text, { ...scope, principal: rootPrincipal(scope.accountId), operation }), {
        code: "AccessDeniedException",
        message: `User: arn:aws:iam::111111111111:root is not authorized to perform: lambda:${action} on resource: ${text} because no resource-based policy allows the lambda:${action} action`,
      });
    }
    const principal = servicePrincipal("sns.amazonaws.com", scope.accountId);
    assert.deepEqual(parseFunctionName(text, { ...scope, principal, operation: "Invoke" }), theirs);
    assert.deepEqual(parseFunctionName(text, scope), theirs);
  });

  test("has no qualifier where the function as a whole is meant", () => {
    assert.deepEqual(parseUnqualifiedName("my-fn", scope), id);
    for (const text of ["my-fn:prod", "my-fn:$LATEST", "111111111111:function:my-fn:7"]) {
      assert.throws(() => parseUnqualifiedName(text, scope), {
        code: "InvalidParameterValueException",
        message:
          "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
      });
    }
  });

  test("becomes an ARN", () => {
    assert.equal(functionArn(id), "arn:aws:lambda:eu-west-1:111111111111:function:my-fn");
    assert.equal(functionArn(id, "prod"), "arn:aws:lambda:eu-west-1:111111111111:function:my-fn:prod");
  });
});
