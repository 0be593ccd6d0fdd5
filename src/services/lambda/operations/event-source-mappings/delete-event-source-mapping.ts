import type { DeleteEventSourceMappingRequest, EventSourceMappingConfiguration } from "@aws-sdk/client-lambda";
import { deletedMapping } from "../../event-sources/mapping.ts";
import { changeMapping, requireMapping } from "../../event-sources/mapping-changes.ts";
import { mappingConfiguration } from "../../event-sources/mapping-configuration.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteEventSourceMapping.html */
export const deleteEventSourceMapping: LambdaOperation<DeleteEventSourceMappingRequest, EventSourceMappingConfiguration> = async (
  input,
  context,
) => {
  const current = await requireMapping(context.state, input.UUID, context);
  return mappingConfiguration(
    await changeMapping(context.state, current, "delete", (settled) => deletedMapping(settled, context.state.clock.now())),
  );
};
