import type {
  InvokeWithResponseStreamCompleteEvent,
  InvokeWithResponseStreamRequest,
  InvokeWithResponseStreamResponse,
  InvokeWithResponseStreamResponseEvent,
} from "@aws-sdk/client-lambda";
import { AwsError } from "#wire/errors.ts";
import type { InvocationOutcome } from "#sandbox/contract.ts";
import { checkPayloadSize, readClientContext } from "../client-request.ts";
import { parseFunctionName } from "../function-name.ts";
import { findInvocable } from "../invoke.ts";
import { invokeStreaming, type StreamedInvocation } from "../invoke-streaming.ts";
import { checkJson } from "../json-payload.ts";
import type { LambdaOperation } from "../state.ts";
import { traceHeaderFor } from "../trace-header.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html */
export const invokeWithResponseStream: LambdaOperation<InvokeWithResponseStreamRequest, InvokeWithResponseStreamResponse> = async (
  input,
  context,
) => {
  const { state, requestId } = context;
  const target = parseFunctionName(input.FunctionName, context, input.Qualifier);
  const payload = input.Payload ?? new Uint8Array();
  const clientContext = readClientContext(input.ClientContext);
  const tenant = { ...(input.TenantId !== undefined && { tenantId: input.TenantId }) };
  if (input.InvocationType === "DryRun") {
    const version = await findInvocable(state, { target, ...tenant });
    checkJson(payload);
    return { StatusCode: 204, ExecutedVersion: version.version };
  }
  checkPayloadSize(payload);
  const invocation = {
    target,
    payload,
    requestId,
    tailLog: input.LogType === "Tail",
    traceId: traceHeaderFor(state.clock.now(), requestId, context.traceHeader),
    ...(clientContext !== undefined && { clientContext }),
    ...tenant,
  };
  const streamed = await invokeStreaming(state, invocation, context.signal);
  return { StatusCode: 200, ExecutedVersion: streamed.executedVersion, EventStream: eventsOf(streamed) };
};

async function* eventsOf({ chunks, outcome }: StreamedInvocation): AsyncGenerator<InvokeWithResponseStreamResponseEvent> {
  for await (const chunk of chunks) yield { PayloadChunk: { Payload: chunk } };
  const whole = await outcome.catch((error: unknown) => {
    throw error instanceof AwsError ? error : new AwsError("ServiceException", "The stream was broken off.", { Type: "Service" });
  });
  if (whole.functionError === undefined && whole.payload.length > 0) yield { PayloadChunk: { Payload: whole.payload } };
  yield { InvokeComplete: completion(whole) };
}

function completion({ functionError, payload, logTail }: InvocationOutcome): InvokeWithResponseStreamCompleteEvent {
  return {
    ...(functionError !== undefined && { ErrorCode: functionError, ErrorDetails: Buffer.from(payload).toString() }),
    ...(logTail && { LogResult: logTail.toString("base64") }),
  };
}
