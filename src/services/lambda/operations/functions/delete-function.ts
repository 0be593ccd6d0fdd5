import type { DeleteFunctionRequest, DeleteFunctionResponse } from "@aws-sdk/client-lambda";
import { functionNotFound, invalidParameter, resourceConflict } from "../../errors.ts";
import { type FunctionReference, functionArn, parseFunctionName } from "../../function-name.ts";
import { retire } from "../../function-update.ts";
import { latestVersion } from "../../function-version.ts";
import { isAliasName } from "../../qualifiers.ts";
import type { LambdaOperation, LambdaState } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html. Running invocations finish. */
export const deleteFunction: LambdaOperation<DeleteFunctionRequest, DeleteFunctionResponse> = async (input, context) => {
  const { state } = context;
  const reference = parseFunctionName(input.FunctionName, context, input.Qualifier);
  if (reference.qualifier !== undefined) {
    await deleteVersion(state, reference, reference.qualifier);
  } else {
    const deleted = await state.store.delete(reference);
    if (deleted.length === 0) throw functionNotFound(functionArn(reference));
    for (const version of deleted) retire(state, version);
  }
  // The model says 200; AWS answers 204.
  return { StatusCode: 204 };
};

/** One that is not there is as good as deleted, as long as the function exists. */
async function deleteVersion(state: LambdaState, reference: FunctionReference, qualifier: string): Promise<void> {
  if (qualifier === latestVersion) throw invalidParameter("$LATEST version cannot be deleted without deleting the function.");
  if ((await state.store.find(reference, latestVersion)) === undefined) throw functionNotFound(functionArn(reference, qualifier));
  if (isAliasName(qualifier)) throw invalidParameter("Deletion of aliases is not currently supported.");
  const version = await state.store.find(reference, qualifier);
  if (version === undefined) return;
  if (await state.store.deleteVersion(version)) return retire(state, version);
  const aliases = await state.aliases.pointingTo(reference, qualifier);
  if (aliases.length > 0)
    throw resourceConflict(`Unable to delete version because the following aliases reference it: [${aliases.join(", ")}]`);
}
