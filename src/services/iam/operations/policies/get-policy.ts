import type { GetPolicyRequest, GetPolicyResponse } from "@aws-sdk/client-iam";
import { policyUsage, requirePolicy, toListedPolicy } from "../../policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html */
export const getPolicy: IamOperation<GetPolicyRequest, GetPolicyResponse> = async (input, context) => {
  const policy = await requirePolicy(context, input.PolicyArn);
  const listed = toListedPolicy(policy, await policyUsage(context));
  return { Policy: { ...listed, Description: policy.details.description, Tags: policy.tags.slice() } };
};
