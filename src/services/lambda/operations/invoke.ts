import type { InvocationRequest, InvocationResponse } from "@aws-sdk/client-lambda";
import { acceptEvent } from "../async/accept-event.ts";
import { checkPayloadSize, readClientContext } from "../client-request.ts";
import { parseFunctionName } from "../function-name.ts";
import { findInvocable, invokeFunction } from "../invoke.ts";
import { checkJson } from "../json-payload.ts";
import type { LambdaOperation } from "../state.ts";
import { traceHeaderFor } from "../trace-header.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export const invoke: LambdaOperation<InvocationRequest, InvocationResponse> = async (input, context) => {
  const { state, requestId } = context;
  const target = parseFunctionName(input.FunctionName, context, input.Qualifier);
  const payload = input.Payload ?? empty;
  const clientContext = readClientContext(input.ClientContext);
  const traceId = traceHeaderFor(state.clock.now(), requestId, context.traceHeader);
  const tenantId = input.TenantId;
  if (input.InvocationType === "DryRun") {
    const version = await findInvocable(state, { target, tenantId });
    checkJson(payload);
    return { StatusCode: 204, ExecutedVersion: version.version };
  }
  if (input.InvocationType === "Event") {
    await acceptEvent(state, { requestId, target, payload, context: { traceId, clientContext, tenantId } });
    return { StatusCode: 202 };
  }
  checkPayloadSize(payload);
  const { outcome, executedVersion } = await invokeFunction(state, {
    target,
    payload,
    requestId,
    traceId,
    tailLog: input.LogType === "Tail",
    clientContext,
    tenantId,
  });
  return {
    StatusCode: 200,
    FunctionError: outcome.functionError,
    LogResult: outcome.logTail?.toString("base64"),
    Payload: outcome.payload,
    ExecutedVersion: executedVersion,
  };
};

const empty = Buffer.alloc(0);
