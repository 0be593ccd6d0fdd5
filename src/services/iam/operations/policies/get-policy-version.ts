import type { GetPolicyVersionRequest, GetPolicyVersionResponse } from "@aws-sdk/client-iam";
import { requirePolicy, requireVersion, toVersion, versionsOf } from "../../policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html */
export const getPolicyVersion: IamOperation<GetPolicyVersionRequest, GetPolicyVersionResponse> = async (input, context) => {
  const policy = await requirePolicy(context, input.PolicyArn);
  const version = requireVersion(await versionsOf(context, policy), input.PolicyArn, input.VersionId);
  return { PolicyVersion: toVersion(policy, version) };
};
