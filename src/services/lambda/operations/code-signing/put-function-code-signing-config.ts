import type { PutFunctionCodeSigningConfigRequest, PutFunctionCodeSigningConfigResponse } from "@aws-sdk/client-lambda";
import { checkCodeSigning } from "../../satellites/code-signing.ts";
import { functionNotFound } from "../../errors.ts";
import { functionArn, parseUnqualifiedName } from "../../function-name.ts";
import { placeOf } from "../../satellites/place.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionCodeSigningConfig.html */
export const putFunctionCodeSigningConfig: LambdaOperation<
  PutFunctionCodeSigningConfigRequest,
  PutFunctionCodeSigningConfigResponse
> = async (input, context) => {
  const { state } = context;
  const id = parseUnqualifiedName(input.FunctionName, context);
  const configArn = input.CodeSigningConfigArn;
  await checkCodeSigning(state, configArn, context);
  await requireLatest(state.store, id);
  if (!(await state.satellites.put({ kind: "code-signing", place: placeOf(id), content: { configArn } })))
    throw functionNotFound(functionArn(id));
  return { CodeSigningConfigArn: configArn, FunctionName: id.name };
};
