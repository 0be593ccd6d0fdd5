import type { ListEventSourceMappingsRequest, ListEventSourceMappingsResponse } from "@aws-sdk/client-lambda";
import { listMappingsPageSize } from "../../event-sources/limits.ts";
import { listedMapping } from "../../event-sources/mapping-configuration.ts";
import { functionArn, parseFunctionName } from "../../function-name.ts";
import { readMarker, writeMarker } from "../../page-marker.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html: of functions that are gone too. */
export const listEventSourceMappings: LambdaOperation<ListEventSourceMappingsRequest, ListEventSourceMappingsResponse> = async (
  input,
  context,
) => {
  const reference = input.FunctionName === undefined ? undefined : parseFunctionName(input.FunctionName, context);
  const ends = { functionArn: reference && functionArn(reference, reference.qualifier), sourceArn: input.EventSourceArn };
  const pageSize = Math.min(input.MaxItems ?? listMappingsPageSize, listMappingsPageSize);
  const [afterUuid = ""] = input.Marker === undefined ? [] : readMarker(input.Marker, /^([0-9a-f-]{36})$/);
  const found = await context.state.mappings.list(context, ends, afterUuid, pageSize + 1);
  const page = found.slice(0, pageSize);
  const last = found.length > pageSize ? page.at(-1) : undefined;
  return { EventSourceMappings: page.map(listedMapping), ...(last && { NextMarker: writeMarker(last.uuid) }) };
};
