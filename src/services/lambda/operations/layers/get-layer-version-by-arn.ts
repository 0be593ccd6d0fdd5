import type { GetLayerVersionByArnRequest, GetLayerVersionResponse } from "@aws-sdk/client-lambda";
import { refuseOtherRegion } from "../../function-name.ts";
import { checkLayerAccess } from "../../layers/layer-policy.ts";
import { noSuchLayerVersion, parseLayerVersionArn } from "../../layers/layer-version.ts";
import { shownLayerVersion } from "../../layers/shown-layer-version.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetLayerVersionByArn.html */
export const getLayerVersionByArn: LambdaOperation<GetLayerVersionByArnRequest, GetLayerVersionResponse> = async (input, context) => {
  const id = parseLayerVersionArn(input.Arn);
  if (id !== undefined) {
    refuseOtherRegion("Layers", id.region, context);
    await checkLayerAccess(id, context);
  }
  const version = id && (await context.state.layers.find(id));
  if (version === undefined) throw noSuchLayerVersion();
  return shownLayerVersion(version, context);
};
