import type { UpdateFunctionUrlConfigRequest, UpdateFunctionUrlConfigResponse } from "@aws-sdk/client-lambda";
import { noSuchResource } from "../../errors.ts";
import { parseFunctionName } from "../../function-name.ts";
import { checkUrlPlace, corsOf, type FunctionUrl, functionUrlConfig } from "../../satellites/function-url.ts";
import { placeOf } from "../../satellites/place.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionUrlConfig.html. What the request does not name stays. */
export const updateFunctionUrlConfig: LambdaOperation<UpdateFunctionUrlConfigRequest, UpdateFunctionUrlConfigResponse> = async (
  input,
  context,
) => {
  const { state, endpoint } = context;
  const place = placeOf(parseFunctionName(input.FunctionName, context, input.Qualifier));
  await checkUrlPlace(state, place);
  const modifiedMs = state.clock.now();
  const updated = await state.satellites.change("url", place, ({ cors, ...url }): FunctionUrl => ({
    ...url,
    authType: input.AuthType ?? url.authType,
    ...corsOf(input.Cors ?? cors),
    invokeMode: input.InvokeMode ?? url.invokeMode,
    modifiedMs,
  }));
  if (updated === undefined) throw noSuchResource();
  const { InvokeMode, ...shown } = functionUrlConfig(place, updated, endpoint);
  return { ...shown, ...(input.InvokeMode !== undefined && { InvokeMode: input.InvokeMode }) };
};
