import type { DeleteUserPolicyRequest } from "@aws-sdk/client-iam";
import { deleteInlinePolicy } from "../../inline-policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPolicy.html */
export const deleteUserPolicy: IamOperation<DeleteUserPolicyRequest, void> = (input, context) =>
  deleteInlinePolicy(context, "user", input.UserName, input.PolicyName);
