import type { PutUserPolicyRequest } from "@aws-sdk/client-iam";
import { putInlinePolicy } from "../../inline-policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html */
export const putUserPolicy: IamOperation<PutUserPolicyRequest, void> = (input, context) =>
  putInlinePolicy(context, "user", input.UserName, input);
