import type { GetFunctionRecursionConfigRequest, GetFunctionRecursionConfigResponse } from "@aws-sdk/client-lambda";
import { parseUnqualifiedName } from "../../function-name.ts";
import { placeOf } from "../../satellites/place.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionRecursionConfig.html */
export const getFunctionRecursionConfig: LambdaOperation<GetFunctionRecursionConfigRequest, GetFunctionRecursionConfigResponse> = async (
  input,
  context,
) => {
  const { store, satellites } = context.state;
  const id = parseUnqualifiedName(input.FunctionName, context);
  await requireLatest(store, id);
  return { RecursiveLoop: (await satellites.find("recursion", placeOf(id)))?.loop ?? "Terminate" };
};
