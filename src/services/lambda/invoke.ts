/**
 * The one door through which every trigger reaches a function: the Invoke operations, asynchronous events, later function URLs,
 * event source mappings and the services that push. No trigger has a way of its own to the sandbox.
 */
import { type InvocationOutcome, SandboxBusy, SandboxFailure } from "#sandbox/contract.ts";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter, notInState, throttled } from "./errors.ts";
import { mountFailure } from "./function-file-systems.ts";
import { imagesDoNotRun } from "./function-image.ts";
import { roleCannotBeAssumed } from "./function-role.ts";
import { type FunctionReference, functionArn } from "./function-name.ts";
import type { FunctionVersion } from "./function-version.ts";
import { checkJson } from "./json-payload.ts";
import { requireServing } from "./qualifiers.ts";
import type { LambdaState } from "./state.ts";

export interface Invocation {
  target: FunctionReference;
  payload: Uint8Array;
  requestId: string;
  traceId: string;
  /** JSON text. */
  clientContext?: string;
  tailLog?: boolean;
  tenantId?: string;
}

export interface Invoked {
  outcome: InvocationOutcome;
  executedVersion: string;
}

/** What every invocation type asks before anything is accepted. Throws AWS's errors. */
export async function findInvocable(
  state: Pick<LambdaState, "store" | "aliases" | "ids">,
  { target, tenantId }: Pick<Invocation, "target" | "tenantId">,
): Promise<FunctionVersion> {
  const version = await requireServing(state, target);
  if (version.state.name !== "Active") throw notInState(version.state.name);
  if (version.image) throw imagesDoNotRun();
  checkTenant(version, tenantId);
  return version;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation-invoke.html */
function checkTenant({ isTenantIsolated }: FunctionVersion, tenantId: string | undefined): void {
  if (isTenantIsolated && tenantId === undefined) {
    throw invalidParameter(
      "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again.",
    );
  }
  if (!isTenantIsolated && tenantId !== undefined) {
    throw invalidParameter(
      "The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and try again.",
    );
  }
}

/** Runs a function and waits for its answer. Rejects with AWS's errors for what is not the function's own doing. */
export async function invokeFunction(state: LambdaState, invocation: Invocation): Promise<Invoked> {
  const version = await findInvocable(state, invocation);
  const payload = checkJson(invocation.payload);
  try {
    const request = {
      requestId: invocation.requestId,
      payload,
      invokedFunctionArn: functionArn(invocation.target, invocation.target.qualifier),
      traceId: invocation.traceId,
      tailLog: invocation.tailLog ?? false,
      ...(invocation.clientContext !== undefined && { clientContext: invocation.clientContext }),
      ...(invocation.tenantId !== undefined && { tenantId: invocation.tenantId }),
    };
    const outcome = await state.admission.run(version, () => state.sandbox.invoke(state.specs.of(version), request));
    return { outcome, executedVersion: version.version };
  } catch (error) {
    throw asAwsError(error);
  }
}

function asAwsError(error: unknown): unknown {
  if (error instanceof SandboxBusy) return throttled("ConcurrentInvocationLimitExceeded");
  if (!(error instanceof SandboxFailure)) return error;
  if (error.cause instanceof AwsError && error.cause.code === "AccessDenied")
    return new AwsError("AccessDeniedException", roleCannotBeAssumed);
  if (error.reason === "file-system") return mountFailure(error.message);
  if (error.reason === "runtime-missing") return new AwsError("InvalidRuntimeException", error.message, { Type: "User" });
  if (error.reason === "stopping") return new AwsError("ServiceException", "Pilotlight is stopping.", { Type: "Service" });
  return new AwsError("ServiceException", error.message, { Type: "Service" });
}

/** A trace header as X-Ray writes it, not sampled: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader */
export function newTraceId(nowMs: number, requestId: string): string {
  // The request id is random already; a second draw would cost more than the rest of the header.
  const digits = requestId.replaceAll("-", "");
  const seconds = Math.floor(nowMs / 1_000)
    .toString(16)
    .padStart(8, "0");
  return `Root=1-${seconds}-${digits.slice(0, 24)};Parent=${digits.slice(8, 24)};Sampled=0`;
}
