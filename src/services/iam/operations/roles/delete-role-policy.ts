import type { DeleteRolePolicyRequest } from "@aws-sdk/client-iam";
import { deleteInlinePolicy } from "../../inline-policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html */
export const deleteRolePolicy: IamOperation<DeleteRolePolicyRequest, void> = (input, context) =>
  deleteInlinePolicy(context, "role", input.RoleName, input.PolicyName);
