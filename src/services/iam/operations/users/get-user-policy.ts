import type { GetUserPolicyRequest, GetUserPolicyResponse } from "@aws-sdk/client-iam";
import { getInlinePolicy } from "../../inline-policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUserPolicy.html */
export const getUserPolicy: IamOperation<GetUserPolicyRequest, GetUserPolicyResponse> = async (input, context) => ({
  UserName: input.UserName,
  ...(await getInlinePolicy(context, "user", input.UserName, input.PolicyName)),
});
