import type { DetachGroupPolicyRequest } from "@aws-sdk/client-iam";
import { detachPolicy } from "../../attachments.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachGroupPolicy.html */
export const detachGroupPolicy: IamOperation<DetachGroupPolicyRequest, void> = (input, context) =>
  detachPolicy(context, "group", input.GroupName, input.PolicyArn);
