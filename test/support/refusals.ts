/** Errors of Lambda as rows of a table: code, status, exact message, and the members of the body. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import type { Lambda } from "@aws-sdk/client-lambda";
import { recordAnswers, type WireAnswer } from "./answers.ts";
import { arnOf } from "./functions.ts";
import { accountId } from "./product.ts";

export interface Refusal {
  code: string;
  status: number;
  message: string;
  /** Of the body, in alphabetical order: the spelling of `message` is a part of the error's shape. */
  members: string;
}

export type RefusalRow = [name: string, call: (lambda: Lambda) => Promise<unknown>, wanted: Refusal];

export const badParameter = (message: string): Refusal => ({
  code: "InvalidParameterValueException",
  status: 400,
  message,
  members: "Type,message",
});
export const notFound = (message: string): Refusal => ({
  code: "ResourceNotFoundException",
  status: 404,
  message,
  members: "Message,Type",
});
export const conflict = (message: string): Refusal => ({
  code: "ResourceConflictException",
  status: 409,
  message,
  members: "Type,message",
});

export const functionNotFound = (qualified: string): Refusal => notFound(`Function not found: ${arnOf(qualified)}`);
export const functionsOnly = badParameter(
  "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
);
export const twoQualifiers = badParameter("The derived qualifier from the function name does not match the specified qualifier.");

/** The same, of an operation whose errors do not say whose fault they are. */
export const unmarked = (refusal: Refusal): Refusal => ({ ...refusal, members: "message" });

/** A demand for `invalid`. */
export const pattern = (text: string): string => `Member must satisfy regular expression pattern: ${text}`;

/** `value` in quotes, unless it is `null`. */
export const invalid = (value: string, member: string, demand: string): Refusal => ({
  code: "ValidationException",
  status: 400,
  message: `1 validation error detected: Value ${value} at '${member}' failed to satisfy constraint: ${demand}`,
  members: "message",
});

/** What belongs to another account. `action`: `GetFunction`. */
export const notAuthorized = (action: string, arn: string): Refusal => ({
  code: "AccessDeniedException",
  status: 403,
  message: `User: arn:aws:iam::${accountId}:root is not authorized to perform: lambda:${action} on resource: ${arn} because no resource-based policy allows the lambda:${action} action`,
  members: "message",
});

export const wrongRevision: Refusal = {
  code: "PreconditionFailedException",
  status: 412,
  message:
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
  members: "Type,message",
};

/** One test per row, with the client that `connect` gives once the tests run. */
export function describeRefusals(title: string, connect: () => Lambda, rows: readonly RefusalRow[]): void {
  describe(title, () => {
    let lambda: Lambda;
    let answer: WireAnswer;

    before(() => {
      lambda = connect();
      answer = recordAnswers(lambda);
    });

    for (const [name, call, { code, status, message, members }] of rows) {
      test(name, async () => {
        const error = await call(lambda).then(
          () => assert.fail("it was accepted"),
          (reason: Error & { $metadata?: { httpStatusCode?: number } }) => reason,
        );
        const parsed = JSON.parse(answer.body) as Record<string, string>;
        assert.equal(parsed.message ?? parsed.Message, message);
        const seen = { code: error.name, status: error.$metadata?.httpStatusCode, members: Object.keys(parsed).sort().join(",") };
        assert.deepEqual(seen, { code, status, members });
        if ("Type" in parsed) assert.equal(parsed.Type, "User");
      });
    }
  });
}
