import type { TagPolicyRequest } from "@aws-sdk/client-iam";
import { requireOwnPolicy } from "../../policies.ts";
import type { IamOperation } from "../../state.ts";
import { addTags } from "../../tagging.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagPolicy.html */
export const tagPolicy: IamOperation<TagPolicyRequest, void> = (input, context) =>
  addTags(context, () => requireOwnPolicy(context, input.PolicyArn), input.Tags);
