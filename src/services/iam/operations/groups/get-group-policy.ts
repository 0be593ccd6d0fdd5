import type { GetGroupPolicyRequest, GetGroupPolicyResponse } from "@aws-sdk/client-iam";
import { getInlinePolicy } from "../../inline-policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroupPolicy.html */
export const getGroupPolicy: IamOperation<GetGroupPolicyRequest, GetGroupPolicyResponse> = async (input, context) => ({
  GroupName: input.GroupName,
  ...(await getInlinePolicy(context, "group", input.GroupName, input.PolicyName)),
});
