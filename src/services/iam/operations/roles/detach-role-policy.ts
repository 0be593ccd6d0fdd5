import type { DetachRolePolicyRequest } from "@aws-sdk/client-iam";
import { detachPolicy } from "../../attachments.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html */
export const detachRolePolicy: IamOperation<DetachRolePolicyRequest, void> = (input, context) =>
  detachPolicy(context, "role", input.RoleName, input.PolicyArn);
