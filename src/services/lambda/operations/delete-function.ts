import type { DeleteFunctionRequest, DeleteFunctionResponse } from "@aws-sdk/client-lambda";
import { functionNotFound, invalidParameter, notSupportedYet } from "../errors.ts";
import { functionArn, parseFunctionName } from "../function-name.ts";
import { retire } from "../function-update.ts";
import type { LambdaOperation } from "../state.ts";
import { requireVersion } from "../store.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html. Running invocations finish. */
export const deleteFunction: LambdaOperation<DeleteFunctionRequest, DeleteFunctionResponse> = async (input, context) => {
  const { state } = context;
  const reference = parseFunctionName(input.FunctionName, context, input.Qualifier);
  if (reference.qualifier === "$LATEST") throw invalidParameter("$LATEST version cannot be deleted without deleting the function.");
  const latest = await requireVersion(state.store, reference, "$LATEST", reference.qualifier);
  if (reference.qualifier !== undefined) throw notSupportedYet("deleting single versions");
  if (!(await state.store.delete(reference))) throw functionNotFound(functionArn(reference));
  retire(state, latest);
  return {};
};
