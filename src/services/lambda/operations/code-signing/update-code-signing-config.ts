import type { UpdateCodeSigningConfigRequest, UpdateCodeSigningConfigResponse } from "@aws-sdk/client-lambda";
import { codeSigningConfig, codeSigningNotFound, requireCodeSigning } from "../../satellites/code-signing.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_UpdateCodeSigningConfig.html. What the request does not name stays. */
export const updateCodeSigningConfig: LambdaOperation<UpdateCodeSigningConfigRequest, UpdateCodeSigningConfigResponse> = async (
  input,
  context,
) => {
  const { state } = context;
  const current = await requireCodeSigning(state, input.CodeSigningConfigArn, context);
  const next = {
    ...current,
    ...(input.Description !== undefined && { description: input.Description }),
    signingProfileVersionArns: input.AllowedPublishers?.SigningProfileVersionArns ?? current.signingProfileVersionArns,
    untrustedArtifactOnDeployment: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? current.untrustedArtifactOnDeployment,
    modifiedMs: state.clock.now(),
  };
  if (!(await state.codeSigning.replace(next))) throw codeSigningNotFound(input.CodeSigningConfigArn);
  return { CodeSigningConfig: codeSigningConfig(next) };
};
