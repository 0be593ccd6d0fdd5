import type { CreateEventSourceMappingRequest, EventSourceMappingConfiguration } from "@aws-sdk/client-lambda";
import { createdMapping } from "../../event-sources/mapping.ts";
import { mappedFunctionArn } from "../../event-sources/mapping-changes.ts";
import { mappingConfiguration } from "../../event-sources/mapping-configuration.ts";
import { newOptions } from "../../event-sources/options.ts";
import { checkSource } from "../../event-sources/source-check.ts";
import { sourceKindOf } from "../../event-sources/source.ts";
import type { LambdaOperation } from "../../state.ts";
import { checkTags } from "../../tags.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
export const createEventSourceMapping: LambdaOperation<CreateEventSourceMappingRequest, EventSourceMappingConfiguration> = async (
  input,
  context,
) => {
  const { state, accountId, region } = context;
  const { FunctionName, EventSourceArn: sourceArn, Enabled: isEnabled = true, Tags: tags = {}, ...asked } = input;
  const nowMs = state.clock.now();
  const kind = sourceKindOf(input);
  const options = newOptions({ kind, sourceArn }, asked, nowMs, () => state.ids.uuid());
  checkTags(tags);
  const functionArn = await mappedFunctionArn(state, FunctionName, context);
  const source = { kind, ...(sourceArn !== undefined && { sourceArn }) };
  await checkSource(state, source, functionArn, context);
  const created = createdMapping({ accountId, region, uuid: state.ids.uuid(), ...source, functionArn, options, isEnabled }, nowMs);
  await state.mappings.create(created, tags);
  state.mappingBell.ring();
  return mappingConfiguration(created);
};
