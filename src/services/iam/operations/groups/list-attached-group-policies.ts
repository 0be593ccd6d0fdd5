import type { ListAttachedGroupPoliciesRequest, ListAttachedGroupPoliciesResponse } from "@aws-sdk/client-iam";
import { listAttachedPolicies } from "../../attachments.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedGroupPolicies.html */
export const listAttachedGroupPolicies: IamOperation<ListAttachedGroupPoliciesRequest, ListAttachedGroupPoliciesResponse> = (
  input,
  context,
) => listAttachedPolicies(context, "group", input.GroupName, input);
