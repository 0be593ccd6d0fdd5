import type { FunctionConfiguration, UpdateFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import { functionConfiguration } from "../function-configuration.ts";
import { parseFunctionName } from "../function-name.ts";
import { checkFunctionRole } from "../function-role.ts";
import { applySettings } from "../function-settings.ts";
import { changeLatest } from "../function-update.ts";
import type { LambdaOperation } from "../state.ts";
import { requireVersion } from "../store.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html */
export const updateFunctionConfiguration: LambdaOperation<UpdateFunctionConfigurationRequest, FunctionConfiguration> = async (input, context) => {
  const { state, accountId, region } = context;
  const reference = parseFunctionName(input.FunctionName, context);
  const current = await requireVersion(state.store, reference, "$LATEST", reference.qualifier);
  applySettings(current, input);
  if (input.Role !== undefined) await checkFunctionRole(state, input.Role, accountId, region);
  return functionConfiguration(await changeLatest(state, current, input.RevisionId, (latest) => applySettings(latest, input)));
};
