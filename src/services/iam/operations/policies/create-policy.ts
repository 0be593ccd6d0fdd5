import type { CreatePolicyRequest, CreatePolicyResponse } from "@aws-sdk/client-iam";
import { createEntity } from "../../change.ts";
import { newEntity, wholeSecondsMs } from "../../entity.ts";
import { maximumPolicyCharacters } from "../../limits.ts";
import { toListedPolicy, unused } from "../../policies.ts";
import { checkIdentityPolicy, checkSize } from "../../policy-document.ts";
import type { IamOperation } from "../../state.ts";
import { insertPolicyVersion } from "../../store/writes.ts";
import { toTags } from "../../tagging.ts";
import { withTags } from "../../tags.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html */
export const createPolicy: IamOperation<CreatePolicyRequest, CreatePolicyResponse> = async (input, context) => {
  checkIdentityPolicy(input.PolicyDocument);
  checkSize(input.PolicyDocument, maximumPolicyCharacters.managed, "PolicySize");
  const nowMs = wholeSecondsMs(context.state.clock);
  const policy = await createEntity(context, async () => {
    const entity = newEntity(context.state, {
      accountId: context.accountId,
      kind: "policy",
      name: input.PolicyName,
      path: input.Path,
      tags: withTags([], input.Tags ?? []),
      details: { description: input.Description, defaultVersion: 1, latestVersion: 1, updatedAtMs: nowMs },
    });
    return { entity, also: [insertPolicyVersion(entity, 1, input.PolicyDocument, nowMs)] };
  });
  return { Policy: { ...toListedPolicy(policy, unused), Tags: toTags(policy) } };
};
