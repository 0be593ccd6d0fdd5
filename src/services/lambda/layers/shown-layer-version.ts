import type { GetLayerVersionResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "#wire/operation.ts";
import { codeLocation } from "../code-location.ts";
import type { LambdaState } from "../state.ts";
import { layerArn, type LayerVersion, listedLayerVersion } from "./layer-version.ts";

/** A layer version as its own operations show it: with a link to its package. */
export function shownLayerVersion(
  version: LayerVersion,
  { state, endpoint }: Pick<RequestContext<LambdaState>, "state" | "endpoint">,
): GetLayerVersionResponse {
  const { code } = version;
  return {
    Content: { Location: codeLocation(state, code, endpoint), CodeSha256: code.sha256, CodeSize: code.sizeBytes },
    LayerArn: layerArn(version),
    ...listedLayerVersion(version),
  };
}
