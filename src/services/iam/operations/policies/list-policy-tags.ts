import type { ListPolicyTagsRequest, ListPolicyTagsResponse } from "@aws-sdk/client-iam";
import { requirePolicy } from "../../policies.ts";
import type { IamOperation } from "../../state.ts";
import { listTags } from "../../tagging.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyTags.html */
export const listPolicyTags: IamOperation<ListPolicyTagsRequest, ListPolicyTagsResponse> = async (input, context) =>
  listTags(await requirePolicy(context, input.PolicyArn), input);
