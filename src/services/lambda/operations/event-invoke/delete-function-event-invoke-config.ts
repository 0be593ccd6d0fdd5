import type { DeleteFunctionEventInvokeConfigRequest } from "@aws-sdk/client-lambda";
import { noEventInvokeConfig } from "../../satellites/event-invoke.ts";
import { parseFunctionName } from "../../function-name.ts";
import { placeOf } from "../../satellites/place.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionEventInvokeConfig.html */
export const deleteFunctionEventInvokeConfig: LambdaOperation<DeleteFunctionEventInvokeConfigRequest, object> = async (input, context) => {
  const place = placeOf(parseFunctionName(input.FunctionName, context, input.Qualifier));
  if (!(await context.state.satellites.remove("event-invoke", place))) throw noEventInvokeConfig(place);
  return {};
};
