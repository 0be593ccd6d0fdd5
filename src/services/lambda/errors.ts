import { AwsError } from "#wire/errors.ts";
import type { Principal } from "#wire/principal.ts";
import { throttleRetrySeconds } from "./limits.ts";

/** Lambda's client errors say whose fault they are. */
const user = { Type: "User" } as const;

export const invalidParameter = (message: string): AwsError => new AwsError("InvalidParameterValueException", message, user);

export const functionNotFound = (functionArn: string): AwsError =>
  new AwsError("ResourceNotFoundException", `Function not found: ${functionArn}`, user);

export const resourceConflict = (message: string): AwsError => new AwsError("ResourceConflictException", message, user);

/** AWS has two ways to say it. */
export const aliasNotFound = (aliasArn: string): AwsError =>
  new AwsError("ResourceNotFoundException", `Cannot find alias arn: ${aliasArn}`, user);
export const aliasNotFoundForUpdate = (aliasArn: string): AwsError =>
  new AwsError("ResourceNotFoundException", `Alias not found: ${aliasArn}`, user);

export const notInState = (state: string): AwsError =>
  resourceConflict(`The operation cannot be performed at this time. The function is currently in the following state: ${state}`);

/** The same, of operations that change something. https://github.com/hashicorp/terraform-provider-aws/issues/49904 has it of UpdateAlias. */
export const resourceNotInState = (arn: string, { name, reasonCode }: { name: string; reasonCode?: string }): AwsError =>
  resourceConflict(
    `The operation cannot be performed at this time. The resource ${arn} is currently in the following state: '${name}'. StateReasonCode: '${reasonCode}'`,
  );

export const updateInProgress = (functionArn: string): AwsError =>
  resourceConflict(`The operation cannot be performed at this time. An update is in progress for resource: ${functionArn}`);

export const revisionMismatch = (): AwsError =>
  new AwsError(
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    user,
  );

/** The same of AddPermission and RemovePermission. */
export const policyRevisionMismatch = (): AwsError =>
  new AwsError(
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id",
    user,
  );

/** What a satellite's operations say when there is none. */
export const noSuchResource = (): AwsError => new AwsError("ResourceNotFoundException", "The resource you requested does not exist.", user);

type ThrottleReason = "ConcurrentInvocationLimitExceeded" | "ReservedFunctionConcurrentInvocationLimitExceeded" | "CallerRateLimitExceeded";

/** Too many invocations run at one time, or wait to be accepted. */
export const throttled = (reason: ThrottleReason): AwsError =>
  new AwsError("TooManyRequestsException", "Rate Exceeded.", { Reason: reason, ...user, retryAfterSeconds: String(throttleRetrySeconds) });

/** Of what belongs to another account. `action`: `lambda:GetFunction`. */
export function notAuthorized(principal: Principal, action: string, arn: string): AwsError {
  const name = principal.kind === "service" ? principal.servicePrincipal : principal.arn;
  const reason = `because no resource-based policy allows the ${action} action`;
  return new AwsError("AccessDeniedException", `User: ${name} is not authorized to perform: ${action} on resource: ${arn} ${reason}`);
}

/** The chain that calls a function has passed through it too often. AWS's own text is not on record. */
export const recursiveInvocation = (functionArn: string): AwsError =>
  new AwsError("RecursiveInvocationException", `A recursive loop was detected, and the invocation of ${functionArn} was stopped.`, user);

/** A modelled setting that is not served yet; the ledger of docs/services/lambda.md names them. */
export const notSupportedYet = (setting: string): AwsError => invalidParameter(`Pilotlight does not support ${setting} yet.`);
