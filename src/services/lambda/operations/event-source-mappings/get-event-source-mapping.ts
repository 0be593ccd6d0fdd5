import type { EventSourceMappingConfiguration, GetEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import { requireMapping } from "../../event-sources/mapping-changes.ts";
import { mappingConfiguration } from "../../event-sources/mapping-configuration.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html */
export const getEventSourceMapping: LambdaOperation<GetEventSourceMappingRequest, EventSourceMappingConfiguration> = async (
  input,
  context,
) => mappingConfiguration(await requireMapping(context.state, input.UUID, context));
