import type { FunctionConfiguration, UpdateFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import { invalidParameter } from "../../errors.ts";
import { functionConfiguration } from "../../function-configuration.ts";
import { parseUnqualifiedName } from "../../function-name.ts";
import { checkFunctionRole } from "../../function-role.ts";
import { applySettings } from "../../function-settings.ts";
import { changeLatest } from "../../function-update.ts";
import type { FunctionLayer } from "../../function-version.ts";
import { useLayers, withLayers } from "../../layers/function-layers.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html */
export const updateFunctionConfiguration: LambdaOperation<UpdateFunctionConfigurationRequest, FunctionConfiguration> = async (
  input,
  context,
) => {
  const { state, accountId, region } = context;
  const current = await requireLatest(state.store, parseUnqualifiedName(input.FunctionName, context));
  applySettings(current, input, state.fileSystems);
  if (input.Role !== undefined) await checkFunctionRole(state, input.Role, accountId, region);
  const change = (layers: FunctionLayer[] | undefined) =>
    changeLatest(state, current, {
      expectedRevisionId: input.RevisionId,
      apply(latest) {
        const next = applySettings(latest, input, state.fileSystems);
        return layers === undefined ? next : withLayers(next, layers);
      },
    });
  if (input.Layers?.length && current.image) throw invalidParameter("Please don't provide Layers for a function with packageType Image.");
  return functionConfiguration(await (input.Layers === undefined ? change(undefined) : useLayers(input.Layers, context, change)));
};
