import type { AttachGroupPolicyRequest } from "@aws-sdk/client-iam";
import { attachPolicy } from "../../attachments.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachGroupPolicy.html */
export const attachGroupPolicy: IamOperation<AttachGroupPolicyRequest, void> = (input, context) =>
  attachPolicy(context, "group", input.GroupName, input.PolicyArn);
