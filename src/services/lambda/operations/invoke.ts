import type { InvocationRequest, InvocationResponse } from "@aws-sdk/client-lambda";
import { AwsError } from "#wire/errors.ts";
import type { Present } from "#wire/operation.ts";
import type { AsyncContext } from "../event-store.ts";
import { invalidParameter } from "../errors.ts";
import { type FunctionReference, parseFunctionName } from "../function-name.ts";
import { findInvocable, invokeFunction, newTraceId } from "../invoke.ts";
import { checkJson } from "../json-payload.ts";
import { asynchronousPayloadBytes, clientContextBytes, synchronousPayloadBytes } from "../limits.ts";
import type { LambdaOperation, LambdaState } from "../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export const invoke: LambdaOperation<InvocationRequest, InvocationResponse> = async (input, context) => {
  const { state, requestId } = context;
  const target = parseFunctionName(input.FunctionName, context, input.Qualifier);
  const payload = input.Payload ?? empty;
  const clientContext = readClientContext(input.ClientContext);
  const traceId = newTraceId(state.clock.now(), requestId);
  const shared = {
    traceId,
    ...(clientContext !== undefined && { clientContext }),
    ...(input.TenantId !== undefined && { tenantId: input.TenantId }),
  };
  if (input.InvocationType === "DryRun") {
    const version = await findInvocable(state, { target, ...shared });
    checkJson(payload);
    return { StatusCode: 204, ExecutedVersion: version.version };
  }
  if (input.InvocationType === "Event") return accept(state, target, payload, requestId, shared);
  checkSize(payload, "RequestResponse", synchronousPayloadBytes);
  const { outcome, executedVersion } = await invokeFunction(state, {
    target,
    payload,
    requestId,
    tailLog: input.LogType === "Tail",
    ...shared,
  });
  return {
    StatusCode: 200,
    ...(outcome.functionError !== undefined && { FunctionError: outcome.functionError }),
    ...(outcome.logTail && { LogResult: outcome.logTail.toString("base64") }),
    Payload: outcome.payload,
    ExecutedVersion: executedVersion,
  };
};

const empty = Buffer.alloc(0);

/** The 202 leaves when the event is on disk. */
async function accept(
  state: LambdaState,
  target: FunctionReference,
  payload: Uint8Array,
  id: string,
  context: AsyncContext,
): Promise<InvocationResponse> {
  checkSize(payload, "Event", asynchronousPayloadBytes);
  await findInvocable(state, { target, ...context });
  const nowMs = state.clock.now();
  await state.events.add({ id, target, payload: checkJson(payload), context, attempt: 0, acceptedMs: nowMs, dueMs: nowMs });
  state.eventBell.ring();
  return { StatusCode: 202 };
}

function checkSize(payload: Uint8Array, type: NonNullable<Present<InvocationRequest>["InvocationType"]>, limitBytes: number): void {
  if (payload.length <= limitBytes) return;
  const text =
    type === "Event"
      ? `${payload.length} byte payload is too large for the Event invocation type (limit ${limitBytes} bytes)`
      : `Request must be smaller than ${limitBytes} bytes for the InvokeFunction operation`;
  throw new AwsError("RequestTooLargeException", text, { Type: "User" });
}

/** Base64 of JSON, as the mobile SDKs send it. */
function readClientContext(encoded: string | undefined): string | undefined {
  if (encoded === undefined) return undefined;
  if (encoded.length > clientContextBytes) throw invalidParameter(`Client context must be smaller than ${clientContextBytes} bytes`);
  const text = Buffer.from(encoded, "base64").toString("utf8");
  try {
    JSON.parse(text);
  } catch {
    throw new AwsError("InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.", { Type: "User" });
  }
  return text;
}
