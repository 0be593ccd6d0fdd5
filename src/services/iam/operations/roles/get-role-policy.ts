import type { GetRolePolicyRequest, GetRolePolicyResponse } from "@aws-sdk/client-iam";
import { getInlinePolicy } from "../../inline-policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html */
export const getRolePolicy: IamOperation<GetRolePolicyRequest, GetRolePolicyResponse> = async (input, context) => ({
  RoleName: input.RoleName,
  ...(await getInlinePolicy(context, "role", input.RoleName, input.PolicyName)),
});
