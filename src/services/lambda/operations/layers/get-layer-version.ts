import type { GetLayerVersionRequest, GetLayerVersionResponse } from "@aws-sdk/client-lambda";
import { checkLayerAccess } from "../../layers/layer-policy.ts";
import { noSuchLayerVersion, parseLayerVersion } from "../../layers/layer-version.ts";
import { shownLayerVersion } from "../../layers/shown-layer-version.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetLayerVersion.html */
export const getLayerVersion: LambdaOperation<GetLayerVersionRequest, GetLayerVersionResponse> = async (input, context) => {
  const { accountId, region } = context;
  // Of any account: the layer version's policy decides who may have it.
  const id = parseLayerVersion(input.LayerName, input.VersionNumber, { accountId, region });
  await checkLayerAccess(id, context);
  const version = await context.state.layers.find(id);
  if (version === undefined) throw noSuchLayerVersion();
  return shownLayerVersion(version, context);
};
