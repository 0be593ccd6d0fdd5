/**
 * The many ways to name a function: `name`, `name:qualifier`, `account:function:name`, a full ARN, each with or without a
 * qualifier. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestSyntax
 */
import { AwsError } from "#wire/errors.ts";
import type { Principal } from "#wire/principal.ts";
import { functionNotFound, invalidParameter, notAuthorized } from "./errors.ts";
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

/** Whose request names a resource: an operation's context. Without a principal it is Lambda's own records that do, and nobody is refused. */
export interface Caller extends Scope {
  principal?: Principal;
  /** As modelled. */
  operation?: string;
}

const forms =
  /^(?:arn:aws[\w-]*:lambda:)?(?:([a-z]{2}(?:-[a-z]+)+-\d):)?(?:(\d{12}):)?(?:function:)?([\w.-]+)(?::(\$LATEST(?:\.PUBLISHED)?|[\w-]+))?$/;

/**
 * Resolves what a request calls FunctionName, and its Qualifier if it has one. The pattern has been validated. Throws for names too
 * long, for another region's or account's function, and when the two qualifiers differ.
 */
export function parseFunctionName(text: string, caller: Caller, qualifier?: string): FunctionReference {
  const found = forms.exec(text);
  if (found === null) throw functionNotFound(text);
  const [, region = caller.region, accountId = caller.accountId, name = "", ownQualifier] = found;
  if (name.length > functionNameCharacters) {
    throw invalidParameter(
      `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to ${functionNameCharacters}`,
    );
  }
  refuseOtherRegion("Functions", region, caller);
  if (ownQualifier !== undefined && qualifier !== undefined && ownQualifier !== qualifier) {
    throw invalidParameter("The derived qualifier from the function name does not match the specified qualifier.");
  }
  const chosen = qualifier ?? ownQualifier;
  const reference = { accountId, region, name, ...(chosen !== undefined && { qualifier: chosen }) };
  if (accountId !== caller.accountId) refuseOtherAccount(caller, functionArn(reference, chosen));
  return reference;
}

/** The same for operations on a function as a whole. Throws when a version or an alias is named. */
export function parseUnqualifiedName(text: string, caller: Caller): FunctionId {
  const { qualifier, ...id } = parseFunctionName(text, caller);
  if (qualifier === undefined) return id;
  throw invalidParameter(
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
  );
}

/** Throws unless a resource of that region is one of the caller's. */
export function refuseOtherRegion(kind: "Functions" | "Layers", region: string, caller: Scope): void {
  if (region === caller.region) return;
  throw new AwsError("ResourceNotFoundException", `${kind} from '${region}' are not reachable in this region ('${caller.region}')`, {
    Type: "User",
  });
}

/** The actions of operations that are called otherwise. https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html */
const actions: Readonly<Record<string, string>> = { Invoke: "InvokeFunction", InvokeWithResponseStream: "InvokeFunction" };

/**
 * Throws if a resource of another account is named by somebody; services may be anybody's.
 * DIVERGES: what a function's policy grants to other accounts does not count here: there is one account, so that nobody can sign for another.
 */
export function refuseOtherAccount({ principal, operation = "" }: Caller, arn: string): void {
  if (principal === undefined || principal.kind === "service") return;
  throw notAuthorized(principal, `lambda:${actions[operation] ?? operation}`, arn);
}

/** `arn:aws:lambda:us-east-1:000000000000:function:name[:qualifier]` */
export function functionArn({ accountId, region, name }: FunctionId, qualifier?: string): string {
  return `arn:aws:lambda:${region}:${accountId}:function:${name}${qualifier === undefined ? "" : `:${qualifier}`}`;
}
