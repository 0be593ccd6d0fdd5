import type { DetachUserPolicyRequest } from "@aws-sdk/client-iam";
import { detachPolicy } from "../../attachments.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachUserPolicy.html */
export const detachUserPolicy: IamOperation<DetachUserPolicyRequest, void> = (input, context) =>
  detachPolicy(context, "user", input.UserName, input.PolicyArn);
