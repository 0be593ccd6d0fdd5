import type { InvokeAsyncRequest, InvokeAsyncResponse } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { acceptEvent } from "../async/accept-event.ts";
import { parseFunctionName } from "../function-name.ts";
import { invokeAsyncBytes } from "../limits.ts";
import type { LambdaOperation } from "../state.ts";
import { traceHeaderFor } from "../trace-header.ts";

/** The payload arrives whole, whatever forms the SDK's type allows to a client. */
type Input = Omit<Present<InvokeAsyncRequest>, "InvokeArgs"> & { InvokeArgs: Uint8Array };

/** https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html: deprecated, and the same as Invoke with type Event. */
export const invokeAsync: LambdaOperation<Input, InvokeAsyncResponse> = async (input, context) => {
  const { state, requestId } = context;
  const target = parseFunctionName(input.FunctionName, context);
  const traceId = traceHeaderFor(state.clock.now(), requestId, context.traceHeader);
  await acceptEvent(state, { requestId, target, payload: input.InvokeArgs, context: { traceId } }, invokeAsyncBytes);
  return { Status: 202 };
};
