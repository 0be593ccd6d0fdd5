import type { ListLayersRequest, ListLayersResponse } from "@aws-sdk/client-lambda";
import { layerArn, listedLayerVersion } from "../../layers/layer-version.ts";
import { listLayersPageSize } from "../../limits.ts";
import { readMarker, writeMarker } from "../../page-marker.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListLayers.html */
export const listLayers: LambdaOperation<ListLayersRequest, ListLayersResponse> = async (input, { state, accountId, region }) => {
  const pageSize = input.MaxItems ?? listLayersPageSize;
  const [afterName = ""] = input.Marker === undefined ? [] : readMarker(input.Marker, /^([\w-]{1,140})$/);
  const filter = { runtime: input.CompatibleRuntime, architecture: input.CompatibleArchitecture };
  const found = await state.layers.listLayers({ accountId, region }, filter, afterName, pageSize + 1);
  const page = found.slice(0, pageSize);
  return {
    Layers: page.map((version) => ({
      LayerName: version.name,
      LayerArn: layerArn(version),
      LatestMatchingVersion: listedLayerVersion(version),
    })),
    ...(found.length > pageSize && { NextMarker: writeMarker(page.at(-1)!.name) }),
  };
};
