import type { FunctionConfiguration, PublishVersionRequest } from "@aws-sdk/client-lambda";
import { invalidParameter, notSupportedYet } from "../../errors.ts";
import { functionConfiguration } from "../../function-configuration.ts";
import { parseUnqualifiedName } from "../../function-name.ts";
import type { FunctionVersion } from "../../function-version.ts";
import { checkRevision } from "../../guards.ts";
import { publish } from "../../publishing.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html */
export const publishVersion: LambdaOperation<PublishVersionRequest, FunctionConfiguration> = async (input, context) => {
  const id = parseUnqualifiedName(input.FunctionName, context);
  if (input.PublishTo !== undefined) throw notSupportedYet("PublishTo");
  const check = (latest: FunctionVersion): void => {
    checkRevision(latest, input.RevisionId);
    checkCode(latest, input.CodeSha256);
  };
  const version = await publish(context.state, id, check, input.Description);
  return functionConfiguration(version, version.version);
};

function checkCode({ code }: FunctionVersion, expectedSha256: string | undefined): void {
  if (expectedSha256 === undefined || expectedSha256 === code.sha256) return;
  throw invalidParameter(
    `CodeSHA256 (${expectedSha256}) is different from current CodeSHA256 in $LATEST (${code.sha256}). Please try again with the CodeSHA256 in $LATEST.`,
  );
}
