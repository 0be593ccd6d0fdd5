import type { FunctionConfiguration, UpdateFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import { functionConfiguration } from "../../function-configuration.ts";
import { parseUnqualifiedName } from "../../function-name.ts";
import { checkFunctionRole } from "../../function-role.ts";
import { applySettings } from "../../function-settings.ts";
import { changeLatest } from "../../function-update.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html */
export const updateFunctionConfiguration: LambdaOperation<UpdateFunctionConfigurationRequest, FunctionConfiguration> = async (input, context) => {
  const { state, accountId, region } = context;
  const current = await requireLatest(state.store, parseUnqualifiedName(input.FunctionName, context));
  applySettings(current, input);
  if (input.Role !== undefined) await checkFunctionRole(state, input.Role, accountId, region);
  return functionConfiguration(await changeLatest(state, current, { expectedRevisionId: input.RevisionId, apply: (latest) => applySettings(latest, input) }));
};
