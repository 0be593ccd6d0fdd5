import type { CreateFunctionRequest, FunctionConfiguration } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { invalidParameter, notSupportedYet } from "../../errors.ts";
import { functionConfiguration } from "../../function-configuration.ts";
import { parseUnqualifiedName } from "../../function-name.ts";
import { checkFunctionRole } from "../../function-role.ts";
import { applySettings, defaultSettings, refuseUnservedCreation } from "../../function-settings.ts";
import { creating, type FunctionVersion, latestVersion } from "../../function-version.ts";
import { draftVersion } from "../../publishing.ts";
import { startSettling } from "../../settling.ts";
import type { LambdaOperation } from "../../state.ts";
import { checkTags } from "../../tags.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
export const createFunction: LambdaOperation<CreateFunctionRequest, FunctionConfiguration> = async (input, context) => {
  const { state, accountId, region } = context;
  const id = parseUnqualifiedName(input.FunctionName, context);
  const { runtime, handler } = runtimeAndHandler(input);
  refuseUnservedCreation(input);
  const settings = applySettings({ ...defaultSettings(id.name), roleArn: input.Role, runtime, handler }, input);
  const tags = input.Tags ?? {};
  checkTags(tags);
  await checkFunctionRole(state, input.Role, accountId, region);
  const created = await state.packages.keepFor(inlineZip(input.Code), async (code) => {
    const latest: FunctionVersion = {
      ...id,
      ...settings,
      version: latestVersion,
      architecture: input.Architectures?.[0] ?? "x86_64",
      code,
      modifiedMs: state.clock.now(),
      revisionId: state.ids.uuid(),
      environmentKey: state.ids.uuid(),
      state: creating,
    };
    const published = input.Publish === true ? (await draftVersion(state, latest)).version : undefined;
    await state.store.create(latest, tags, published);
    return published === undefined ? [latest] : [latest, published];
  });
  for (const version of created) startSettling(state, version);
  // The version that was published, if one was, but under the function's own ARN: so AWS answers.
  return functionConfiguration(created.at(-1)!);
};

/** Both are the model's options, because images have neither; for zip packages AWS asks for them. */
function runtimeAndHandler({ PackageType, Runtime, Handler }: Present<CreateFunctionRequest>): { runtime: string; handler: string } {
  if (PackageType !== "Image" && (Runtime === undefined || Handler === undefined)) {
    const missing = [Runtime === undefined && "Runtime", Handler === undefined && "Handler"].filter(Boolean).join(" and ");
    throw invalidParameter(missing === "Runtime and Handler" ? "Runtime and Handler are mandatory parameters for functions created with deployment packages." : `${missing} is mandatory for functions created with deployment packages.`);
  }
  return { runtime: Runtime ?? "", handler: Handler ?? "" };
}

function inlineZip(code: Present<CreateFunctionRequest>["Code"]): Uint8Array {
  if (code.S3Bucket !== undefined || code.S3Key !== undefined) throw notSupportedYet("code from S3; send it inline as ZipFile");
  if (code.ImageUri !== undefined) throw notSupportedYet("ImageUri");
  if (code.ZipFile === undefined) throw invalidParameter("Please provide a source for function code.");
  return code.ZipFile;
}
