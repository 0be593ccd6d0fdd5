import type { EventSourceMappingConfiguration, UpdateEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import { changedMapping } from "../../event-sources/mapping.ts";
import { changeMapping, mappedFunctionArn, requireMapping } from "../../event-sources/mapping-changes.ts";
import { mappingConfiguration } from "../../event-sources/mapping-configuration.ts";
import { updatedOptions } from "../../event-sources/options.ts";
import { checkSource } from "../../event-sources/source-check.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html */
export const updateEventSourceMapping: LambdaOperation<UpdateEventSourceMappingRequest, EventSourceMappingConfiguration> = async (
  input,
  context,
) => {
  const { state } = context;
  const { UUID, FunctionName, Enabled, ...asked } = input;
  const current = await requireMapping(state, UUID, context);
  const change = {
    options: updatedOptions(current, current.options, asked),
    ...(FunctionName !== undefined && { functionArn: await mappedFunctionArn(state, FunctionName, context) }),
    ...(Enabled !== undefined && { isEnabled: Enabled }),
  };
  if (change.functionArn !== undefined) await checkSource(state, current, change.functionArn, context);
  return mappingConfiguration(
    await changeMapping(state, current, "update", (settled) => changedMapping(settled, change, state.clock.now())),
  );
};
