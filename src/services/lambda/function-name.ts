/**
 * The many ways to name a function: `name`, `name:qualifier`, `account:function:name`, a full ARN, each with or without a
 * qualifier. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestSyntax
 */
import { AwsError } from "#wire/errors.ts";
import { functionNotFound, invalidParameter } from "./errors.ts";
import { functionNameCharacters } from "./limits.ts";

/** Where a function lives. */
export interface FunctionId {
  accountId: string;
  region: string;
  name: string;
}

export interface FunctionReference extends FunctionId {
  /** `$LATEST`, a number or an alias; absent when none was given. */
  qualifier?: string;
}

/** Account and region of the request. */
export interface Scope {
  accountId: string;
  region: string;
}

const forms =
  /^(?:arn:aws[\w-]*:lambda:)?(?:([a-z]{2}(?:-[a-z]+)+-\d):)?(?:(\d{12}):)?(?:function:)?([\w.-]+)(?::(\$LATEST(?:\.PUBLISHED)?|[\w-]+))?$/;

/**
 * Resolves what a request calls FunctionName, and its Qualifier if it has one. The pattern has been validated. Throws for names too
 * long, for another region's or account's function, and when the two qualifiers differ.
 */
export function parseFunctionName(text: string, scope: Scope, qualifier?: string): FunctionReference {
  const found = forms.exec(text);
  if (found === null) throw functionNotFound(text);
  const [, region = scope.region, accountId = scope.accountId, name = "", ownQualifier] = found;
  if (name.length > functionNameCharacters) {
    throw invalidParameter(
      `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to ${functionNameCharacters}`,
    );
  }
  if (region !== scope.region) {
    throw new AwsError("ResourceNotFoundException", `Functions from '${region}' are not reachable in this region ('${scope.region}')`, {
      Type: "User",
    });
  }
  if (ownQualifier !== undefined && qualifier !== undefined && ownQualifier !== qualifier) {
    throw invalidParameter("The derived qualifier from the function name does not match the specified qualifier.");
  }
  const chosen = qualifier ?? ownQualifier;
  return { accountId, region, name, ...(chosen !== undefined && { qualifier: chosen }) };
}

/** The same for operations on a function as a whole. Throws when a version or an alias is named. */
export function parseUnqualifiedName(text: string, scope: Scope): FunctionId {
  const { qualifier, ...id } = parseFunctionName(text, scope);
  if (qualifier === undefined) return id;
  throw invalidParameter(
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
  );
}

/** `arn:aws:lambda:us-east-1:000000000000:function:name[:qualifier]` */
export function functionArn({ accountId, region, name }: FunctionId, qualifier?: string): string {
  return `arn:aws:lambda:${region}:${accountId}:function:${name}${qualifier === undefined ? "" : `:${qualifier}`}`;
}
