import type { RemoveLayerVersionPermissionRequest } from "@aws-sdk/client-lambda";
import { changeLayerPolicy } from "../../layers/layer-policy.ts";
import { parseLayerVersion } from "../../layers/layer-version.ts";
import { withoutStatement } from "../../resource-policy.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_RemoveLayerVersionPermission.html */
export const removeLayerVersionPermission: LambdaOperation<RemoveLayerVersionPermissionRequest, object> = async (input, context) => {
  const id = parseLayerVersion(input.LayerName, input.VersionNumber, context);
  await changeLayerPolicy(context.state, id, input.RevisionId, (policy = { Statement: [] }) => withoutStatement(policy, input.StatementId));
  return {};
};
