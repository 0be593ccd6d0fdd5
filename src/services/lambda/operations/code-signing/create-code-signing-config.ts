import type { CreateCodeSigningConfigRequest, CreateCodeSigningConfigResponse } from "@aws-sdk/client-lambda";
import { type CodeSigningConfiguration, codeSigningConfig } from "../../satellites/code-signing.ts";
import type { LambdaOperation } from "../../state.ts";
import { checkTags } from "../../tags.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateCodeSigningConfig.html */
export const createCodeSigningConfig: LambdaOperation<CreateCodeSigningConfigRequest, CreateCodeSigningConfigResponse> = async (
  input,
  { state, accountId, region },
) => {
  const tags = input.Tags ?? {};
  checkTags(tags);
  const created: CodeSigningConfiguration = {
    accountId,
    region,
    id: `csc-${state.ids.hex(17)}`,
    ...(input.Description !== undefined && { description: input.Description }),
    signingProfileVersionArns: input.AllowedPublishers.SigningProfileVersionArns,
    untrustedArtifactOnDeployment: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? "Warn",
    modifiedMs: state.clock.now(),
  };
  await state.codeSigning.create(created, tags);
  return { CodeSigningConfig: codeSigningConfig(created) };
};
