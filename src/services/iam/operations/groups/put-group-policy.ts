import type { PutGroupPolicyRequest } from "@aws-sdk/client-iam";
import { putInlinePolicy } from "../../inline-policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutGroupPolicy.html */
export const putGroupPolicy: IamOperation<PutGroupPolicyRequest, void> = (input, context) =>
  putInlinePolicy(context, "group", input.GroupName, input);
