import type { GetLayerVersionPolicyRequest, GetLayerVersionPolicyResponse } from "@aws-sdk/client-lambda";
import { AwsError } from "#wire/errors.ts";
import { requireLayerVersion } from "../../layers/layer-policy.ts";
import { parseLayerVersion } from "../../layers/layer-version.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetLayerVersionPolicy.html */
export const getLayerVersionPolicy: LambdaOperation<GetLayerVersionPolicyRequest, GetLayerVersionPolicyResponse> = async (
  input,
  context,
) => {
  const { layers } = context.state;
  const id = parseLayerVersion(input.LayerName, input.VersionNumber, context);
  await requireLayerVersion({ layers }, id);
  const policy = await layers.policy(id);
  if (policy === undefined)
    throw new AwsError("ResourceNotFoundException", "No policy is associated with the given resource.", { Type: "User" });
  return { Policy: JSON.stringify(policy.document), RevisionId: policy.revisionId };
};
