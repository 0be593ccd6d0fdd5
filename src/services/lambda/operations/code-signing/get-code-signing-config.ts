import type { GetCodeSigningConfigRequest, GetCodeSigningConfigResponse } from "@aws-sdk/client-lambda";
import { codeSigningConfig, requireCodeSigning } from "../../satellites/code-signing.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetCodeSigningConfig.html */
export const getCodeSigningConfig: LambdaOperation<GetCodeSigningConfigRequest, GetCodeSigningConfigResponse> = async (input, context) => ({
  CodeSigningConfig: codeSigningConfig(await requireCodeSigning(context.state, input.CodeSigningConfigArn, context)),
});
