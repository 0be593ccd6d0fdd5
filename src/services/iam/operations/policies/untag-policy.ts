import type { UntagPolicyRequest } from "@aws-sdk/client-iam";
import { requireOwnPolicy } from "../../policies.ts";
import type { IamOperation } from "../../state.ts";
import { removeTags } from "../../tagging.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagPolicy.html */
export const untagPolicy: IamOperation<UntagPolicyRequest, void> = (input, context) =>
  removeTags(context, () => requireOwnPolicy(context, input.PolicyArn), input.TagKeys);
