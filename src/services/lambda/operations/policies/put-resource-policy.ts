import type { PutResourcePolicyRequest, PutResourcePolicyResponse } from "@aws-sdk/client-lambda";
import { parseFunctionName } from "../../function-name.ts";
import { checkRevision } from "../../guards.ts";
import { placeOf } from "../../satellites/place.ts";
import { changePolicy, refuseLatestPolicy } from "../../satellites/policies.ts";
import { readPolicy } from "../../resource-policy.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutResourcePolicy.html. Replaces what AddPermission wrote, too. */
export const putResourcePolicy: LambdaOperation<PutResourcePolicyRequest, PutResourcePolicyResponse> = async (input, context) => {
  const { state } = context;
  const reference = parseFunctionName(input.ResourceArn, context);
  refuseLatestPolicy(reference);
  await requireLatest(state.store, reference);
  const policy = readPolicy(input.Policy, input.ResourceArn);
  const revisionId = await changePolicy(state, placeOf(reference), (_previous, currentRevisionId) => {
    checkRevision({ revisionId: currentRevisionId }, input.RevisionId);
    return policy;
  });
  return { Policy: JSON.stringify(policy), RevisionId: revisionId };
};
