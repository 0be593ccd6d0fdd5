import type { GetRuntimeManagementConfigRequest, GetRuntimeManagementConfigResponse } from "@aws-sdk/client-lambda";
import { functionArn, parseFunctionName } from "../../function-name.ts";
import { placeOf, requireHolder } from "../../satellites/place.ts";
import { runtimeManagement } from "../../satellites/runtime-management.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetRuntimeManagementConfig.html */
export const getRuntimeManagementConfig: LambdaOperation<GetRuntimeManagementConfigRequest, GetRuntimeManagementConfigResponse> = async (
  input,
  context,
) => {
  const { state } = context;
  const reference = parseFunctionName(input.FunctionName, context, input.Qualifier);
  const place = placeOf(reference);
  await requireHolder(state, place);
  return {
    ...runtimeManagement(await state.satellites.find("runtime-management", place)),
    FunctionArn: functionArn(reference, reference.qualifier),
  };
};
