import type { DeleteFunctionCodeSigningConfigRequest } from "@aws-sdk/client-lambda";
import { parseUnqualifiedName } from "../../function-name.ts";
import { placeOf } from "../../satellites/place.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionCodeSigningConfig.html */
export const deleteFunctionCodeSigningConfig: LambdaOperation<DeleteFunctionCodeSigningConfigRequest, object> = async (input, context) => {
  const { store, satellites } = context.state;
  const id = parseUnqualifiedName(input.FunctionName, context);
  await requireLatest(store, id);
  await satellites.remove("code-signing", placeOf(id));
  return {};
};
