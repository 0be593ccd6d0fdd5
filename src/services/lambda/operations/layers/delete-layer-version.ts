import type { DeleteLayerVersionRequest } from "@aws-sdk/client-lambda";
import { parseLayerVersion } from "../../layers/layer-version.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteLayerVersion.html: functions that have it keep it; one that is not there is no error. */
export const deleteLayerVersion: LambdaOperation<DeleteLayerVersionRequest, object> = async (input, context) => {
  const { layers, packages } = context.state;
  const id = parseLayerVersion(input.LayerName, input.VersionNumber, context);
  const version = await layers.find(id);
  if (version === undefined) return {};
  await layers.delete(id);
  await packages.removeUnused(version.code.digest);
  return {};
};
