import type { DeleteGroupPolicyRequest } from "@aws-sdk/client-iam";
import { deleteInlinePolicy } from "../../inline-policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroupPolicy.html */
export const deleteGroupPolicy: IamOperation<DeleteGroupPolicyRequest, void> = (input, context) =>
  deleteInlinePolicy(context, "group", input.GroupName, input.PolicyName);
