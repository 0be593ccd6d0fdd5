import type { GetFunctionCodeSigningConfigRequest, GetFunctionCodeSigningConfigResponse } from "@aws-sdk/client-lambda";
import { parseUnqualifiedName } from "../../function-name.ts";
import { placeOf } from "../../satellites/place.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionCodeSigningConfig.html. Without a configuration AWS answers nothing at all. */
export const getFunctionCodeSigningConfig: LambdaOperation<
  GetFunctionCodeSigningConfigRequest,
  GetFunctionCodeSigningConfigResponse | object
> = async (input, context) => {
  const { store, satellites } = context.state;
  const id = parseUnqualifiedName(input.FunctionName, context);
  await requireLatest(store, id);
  const found = await satellites.find("code-signing", placeOf(id));
  return found === undefined ? {} : { CodeSigningConfigArn: found.configArn, FunctionName: id.name };
};
