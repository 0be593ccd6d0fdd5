import type { AddLayerVersionPermissionRequest, AddLayerVersionPermissionResponse } from "@aws-sdk/client-lambda";
import { changeLayerPolicy, layerPermission } from "../../layers/layer-policy.ts";
import { layerVersionArn, parseLayerVersion } from "../../layers/layer-version.ts";
import { withStatement } from "../../resource-policy.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html */
export const addLayerVersionPermission: LambdaOperation<AddLayerVersionPermissionRequest, AddLayerVersionPermissionResponse> = async (
  input,
  context,
) => {
  const id = parseLayerVersion(input.LayerName, input.VersionNumber, context);
  const statement = layerPermission(input, layerVersionArn(id));
  const revisionId = await changeLayerPolicy(context.state, id, input.RevisionId, (policy) => withStatement(policy, statement));
  return { Statement: JSON.stringify(statement), RevisionId: revisionId };
};
