import type { ListLayerVersionsRequest, ListLayerVersionsResponse } from "@aws-sdk/client-lambda";
import { listedLayerVersion, parseLayerName } from "../../layers/layer-version.ts";
import { listLayersPageSize } from "../../limits.ts";
import { readMarker, writeMarker } from "../../page-marker.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListLayerVersions.html: the newest first; a layer that does not exist has none. */
export const listLayerVersions: LambdaOperation<ListLayerVersionsRequest, ListLayerVersionsResponse> = async (input, context) => {
  const pageSize = input.MaxItems ?? listLayersPageSize;
  const [beforeNumber = Number.MAX_SAFE_INTEGER] = input.Marker === undefined ? [] : readMarker(input.Marker, /^(\d{1,15})$/).map(Number);
  const filter = { runtime: input.CompatibleRuntime, architecture: input.CompatibleArchitecture };
  const found = await context.state.layers.listVersions(parseLayerName(input.LayerName, context), filter, beforeNumber, pageSize + 1);
  const page = found.slice(0, pageSize);
  return {
    LayerVersions: page.map(listedLayerVersion),
    ...(found.length > pageSize && { NextMarker: writeMarker(String(page.at(-1)!.number)) }),
  };
};
