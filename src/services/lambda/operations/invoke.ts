import type { InvocationRequest, InvocationResponse } from "@aws-sdk/client-lambda";
import { AwsError } from "#wire/errors.ts";
import { acceptEvent } from "../accept-event.ts";
import { invalidParameter } from "../errors.ts";
import { parseFunctionName } from "../function-name.ts";
import { findInvocable, invokeFunction, newTraceId } from "../invoke.ts";
import { checkJson } from "../json-payload.ts";
import { clientContextBytes, synchronousPayloadBytes } from "../limits.ts";
import type { LambdaOperation } from "../state.ts";

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
  if (input.InvocationType === "Event") {
    await acceptEvent(state, { id: requestId, target, payload, context: shared });
    return { StatusCode: 202 };
  }
  checkSize(payload);
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

function checkSize(payload: Uint8Array): void {
  if (payload.length <= synchronousPayloadBytes) return;
  throw new AwsError(
    "RequestTooLargeException",
    `Request must be smaller than ${synchronousPayloadBytes} bytes for the InvokeFunction operation`,
    {
      Type: "User",
    },
  );
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
