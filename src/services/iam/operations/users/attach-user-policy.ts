import type { AttachUserPolicyRequest } from "@aws-sdk/client-iam";
import { attachPolicy } from "../../attachments.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html */
export const attachUserPolicy: IamOperation<AttachUserPolicyRequest, void> = (input, context) =>
  attachPolicy(context, "user", input.UserName, input.PolicyArn);
