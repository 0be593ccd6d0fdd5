import type { GetFunctionUrlConfigRequest, GetFunctionUrlConfigResponse } from "@aws-sdk/client-lambda";
import { noSuchResource } from "../../errors.ts";
import { parseFunctionName } from "../../function-name.ts";
import { functionUrlConfig } from "../../satellites/function-url.ts";
import { placeOf } from "../../satellites/place.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionUrlConfig.html */
export const getFunctionUrlConfig: LambdaOperation<GetFunctionUrlConfigRequest, GetFunctionUrlConfigResponse> = async (input, context) => {
  const place = placeOf(parseFunctionName(input.FunctionName, context, input.Qualifier));
  const found = await context.state.satellites.find("url", place);
  if (found === undefined) throw noSuchResource();
  return functionUrlConfig(place, found, context.endpoint);
};
