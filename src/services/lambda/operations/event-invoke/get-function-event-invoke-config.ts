import type { FunctionEventInvokeConfig, GetFunctionEventInvokeConfigRequest } from "@aws-sdk/client-lambda";
import { eventInvokeConfig, noEventInvokeConfig } from "../../satellites/event-invoke.ts";
import { parseFunctionName } from "../../function-name.ts";
import { placeOf } from "../../satellites/place.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionEventInvokeConfig.html */
export const getFunctionEventInvokeConfig: LambdaOperation<GetFunctionEventInvokeConfigRequest, FunctionEventInvokeConfig> = async (
  input,
  context,
) => {
  const place = placeOf(parseFunctionName(input.FunctionName, context, input.Qualifier));
  const found = await context.state.satellites.find("event-invoke", place);
  if (found === undefined) throw noEventInvokeConfig(place);
  return eventInvokeConfig(place, found);
};
