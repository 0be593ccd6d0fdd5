import type { PutRuntimeManagementConfigRequest, PutRuntimeManagementConfigResponse } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { functionNotFound, invalidParameter } from "../../errors.ts";
import { functionArn, parseFunctionName } from "../../function-name.ts";
import type { FunctionVersion } from "../../function-version.ts";
import { requireVersion } from "../../qualifiers.ts";
import { runtimeVersionArn } from "../../runtimes.ts";
import { placeOf, requireHolder } from "../../satellites/place.ts";
import { runtimeManagement } from "../../satellites/runtime-management.ts";
import type { Satellites } from "../../satellites/satellite.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutRuntimeManagementConfig.html. Kept and shown; our runtimes have one version each. */
export const putRuntimeManagementConfig: LambdaOperation<PutRuntimeManagementConfigRequest, PutRuntimeManagementConfigResponse> = async (
  input,
  context,
) => {
  const { state } = context;
  const reference = parseFunctionName(input.FunctionName, context, input.Qualifier);
  const place = placeOf(reference);
  const content = contentOf(input);
  await requireHolder(state, place);
  if (content?.updateOn === "Manual") checkRuntimeVersion(await requireVersion(state, reference), content.runtimeVersionArn);
  if (content === undefined) await state.satellites.remove("runtime-management", place);
  else if (!(await state.satellites.put({ kind: "runtime-management", place, content })))
    throw functionNotFound(functionArn(place, place.qualifier));
  return { ...runtimeManagement(content), FunctionArn: functionArn(reference, reference.qualifier) };
};

/** Throws unless it is the version that the function's configuration shows. AWS's words are not on record. */
function checkRuntimeVersion({ image, runtime, region }: FunctionVersion, arn: string): void {
  if (image === undefined && arn === runtimeVersionArn(runtime, region)) return;
  throw invalidParameter(`The runtime version ${arn} does not exist, or is not a version of the function's runtime.`);
}

/** Auto is what a function has without any. */
function contentOf({
  UpdateRuntimeOn,
  RuntimeVersionArn,
}: Present<PutRuntimeManagementConfigRequest>): Satellites["runtime-management"] | undefined {
  if (UpdateRuntimeOn !== "Manual") return UpdateRuntimeOn === "Auto" ? undefined : { updateOn: "FunctionUpdate" };
  if (RuntimeVersionArn === undefined) throw invalidParameter("You must provide a RuntimeVersionArn when UpdateRuntimeOn is Manual.");
  return { updateOn: "Manual", runtimeVersionArn: RuntimeVersionArn };
}
