import type { DeleteCodeSigningConfigRequest, DeleteCodeSigningConfigResponse } from "@aws-sdk/client-lambda";
import { requireCodeSigning } from "../../satellites/code-signing.ts";
import { resourceConflict } from "../../errors.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteCodeSigningConfig.html. Not while a function uses it. */
export const deleteCodeSigningConfig: LambdaOperation<DeleteCodeSigningConfigRequest, DeleteCodeSigningConfigResponse> = async (
  input,
  context,
) => {
  const { state } = context;
  const arn = input.CodeSigningConfigArn;
  if (await state.codeSigning.remove(await requireCodeSigning(state, arn, context), arn)) return {};
  await requireCodeSigning(state, arn, context);
  throw resourceConflict(`The code signing configuration ${arn} is used by functions and cannot be deleted.`);
};
