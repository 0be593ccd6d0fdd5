import type { AttachRolePolicyRequest } from "@aws-sdk/client-iam";
import { attachPolicy } from "../../attachments.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html */
export const attachRolePolicy: IamOperation<AttachRolePolicyRequest, void> = (input, context) =>
  attachPolicy(context, "role", input.RoleName, input.PolicyArn);
