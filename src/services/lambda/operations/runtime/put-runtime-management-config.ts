import type { PutRuntimeManagementConfigRequest, PutRuntimeManagementConfigResponse } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { functionNotFound, invalidParameter } from "../../errors.ts";
import { functionArn, parseFunctionName } from "../../function-name.ts";
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
  if (content === undefined) await state.satellites.remove("runtime-management", place);
  else if (!(await state.satellites.put({ kind: "runtime-management", place, content })))
    throw functionNotFound(functionArn(place, place.qualifier));
  return { ...runtimeManagement(content), FunctionArn: functionArn(reference, reference.qualifier) };
};

/** Auto is what a function has without any. */
function contentOf({
  UpdateRuntimeOn,
  RuntimeVersionArn,
}: Present<PutRuntimeManagementConfigRequest>): Satellites["runtime-management"] | undefined {
  if (UpdateRuntimeOn !== "Manual") return UpdateRuntimeOn === "Auto" ? undefined : { updateOn: "FunctionUpdate" };
  if (RuntimeVersionArn === undefined) throw invalidParameter("You must provide a RuntimeVersionArn when UpdateRuntimeOn is Manual.");
  return { updateOn: "Manual", runtimeVersionArn: RuntimeVersionArn };
}
