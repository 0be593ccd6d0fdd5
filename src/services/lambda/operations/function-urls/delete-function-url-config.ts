import type { DeleteFunctionUrlConfigRequest } from "@aws-sdk/client-lambda";
import { noSuchResource } from "../../errors.ts";
import { parseFunctionName } from "../../function-name.ts";
import { placeOf } from "../../satellites/place.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionUrlConfig.html */
export const deleteFunctionUrlConfig: LambdaOperation<DeleteFunctionUrlConfigRequest, object> = async (input, context) => {
  const place = placeOf(parseFunctionName(input.FunctionName, context, input.Qualifier));
  if (!(await context.state.satellites.remove("url", place))) throw noSuchResource();
  return {};
};
