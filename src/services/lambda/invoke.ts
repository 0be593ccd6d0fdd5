/**
 * The one door through which every trigger reaches a function: the Invoke operations, asynchronous events, function URLs,
 * event source mappings and the services that push. No trigger has a way of its own to the sandbox.
 */
import { type Eventual, whenKnown } from "#kit/eventual.ts";
import { type InvocationOutcome, type InvocationRequest, type ResponseSink, SandboxBusy, SandboxFailure } from "#sandbox/contract.ts";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter, notInState, recursiveInvocation, throttled } from "./errors.ts";
import { mountFailure } from "./function-file-systems.ts";
import { roleCannotBeAssumed } from "./function-role.ts";
import { type FunctionReference, functionArn } from "./function-name.ts";
import type { FunctionVersion } from "./function-version.ts";
import { checkJson } from "./json-payload.ts";
import { invocationsInChain } from "./limits.ts";
import { requireServing } from "./qualifiers.ts";
import { placeOf } from "./satellites/place.ts";
import type { LambdaState } from "./state.ts";
import { countInChain, withInvocationOf } from "./trace-header.ts";
import type { Attempt } from "./tracing/segments.ts";

export interface Invocation {
  target: FunctionReference;
  payload: Uint8Array;
  /** Whether the payload is known to be JSON. */
  isJson?: boolean;
  requestId: string;
  /** X-Amzn-Trace-Id, see trace-header.ts. */
  traceId: string;
  /** Of an asynchronous event: which attempt this is. */
  attempt?: Attempt;
  /** JSON text. */
  clientContext?: string | undefined;
  tailLog?: boolean;
  tenantId?: string | undefined;
  /** Where a streamed answer shall go; is told the version that serves. */
  openStream?: (version: string) => ResponseSink;
}

export interface Invoked {
  outcome: InvocationOutcome;
  executedVersion: string;
}

/** What every invocation type asks before anything is accepted. Throws AWS's errors. */
export function findInvocable(
  state: Pick<LambdaState, "store" | "aliases" | "ids">,
  { target, tenantId }: Pick<Invocation, "target" | "tenantId">,
): Eventual<FunctionVersion> {
  return whenKnown(requireServing(state, target), (version) => checkInvocable(version, tenantId));
}

function checkInvocable(version: FunctionVersion, tenantId: string | undefined): FunctionVersion {
  if (version.state.name !== "Active") throw notInState(version.state.name);
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
  const found = findInvocable(state, invocation);
  const version = found instanceof Promise ? await found : found;
  const payload = invocation.isJson === true ? invocation.payload : checkJson(invocation.payload);
  const trace = version.tracingMode === "Active" ? state.tracer.begin(version, invocation) : undefined;
  const chain = continueChain(state, invocation.target, trace?.header ?? invocation.traceId);
  const traceId = chain instanceof Promise ? await chain : chain;
  try {
    const request: InvocationRequest = {
      requestId: invocation.requestId,
      payload,
      invokedFunctionArn: functionArn(invocation.target, invocation.target.qualifier),
      traceId,
      tailLog: invocation.tailLog ?? false,
      clientContext: invocation.clientContext,
      tenantId: invocation.tenantId,
      stream: invocation.openStream?.(version.version),
      trace: trace?.forSandbox,
    };
    const outcome = await state.admission.run(version, () => state.sandbox.invoke(state.specs.of(version), request));
    trace?.answered(outcome);
    return { outcome, executedVersion: version.version };
  } catch (error) {
    const refusal = asAwsError(error);
    trace?.failed(refusal);
    throw refusal;
  }
}

/**
 * The trace header with this invocation counted. Rejects with RecursiveInvocationException when the function has run too often in the
 * same chain, unless it is configured to. https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
function continueChain({ satellites, metrics }: LambdaState, target: FunctionReference, traceId: string): Eventual<string> {
  const arn = functionArn(target);
  if (countInChain(traceId, arn) < invocationsInChain) return withInvocationOf(traceId, arn);
  return satellites.find("recursion", placeOf(unqualified(target))).then((allowed) => {
    if (allowed !== undefined) return withInvocationOf(traceId, arn);
    metrics.add("RecursiveInvocationsDropped", target);
    throw recursiveInvocation(arn);
  });
}

const unqualified = ({ accountId, region, name }: FunctionReference): FunctionReference => ({ accountId, region, name });

function asAwsError(error: unknown): unknown {
  if (error instanceof SandboxBusy) return throttled("ConcurrentInvocationLimitExceeded");
  if (!(error instanceof SandboxFailure)) return error;
  if (error.cause instanceof AwsError && error.cause.code === "AccessDenied")
    return new AwsError("AccessDeniedException", roleCannotBeAssumed);
  if (error.reason === "file-system") return mountFailure(error.message);
  if (error.reason === "runtime-missing") return new AwsError("InvalidRuntimeException", error.message, { Type: "User" });
  if (error.reason === "restore-timeout") return new AwsError("SnapStartTimeoutException", error.message, { Type: "User" });
  if (error.reason === "restore-failed" || error.reason === "restore-lost") {
    return new AwsError("SnapStartException", error.message, { Type: "User" });
  }
  if (error.reason === "stopping") return new AwsError("ServiceException", "Pilotlight is stopping.", { Type: "Service" });
  return new AwsError("ServiceException", error.message, { Type: "Service" });
}
