import type { ListAttachedUserPoliciesRequest, ListAttachedUserPoliciesResponse } from "@aws-sdk/client-iam";
import { listAttachedPolicies } from "../../attachments.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedUserPolicies.html */
export const listAttachedUserPolicies: IamOperation<ListAttachedUserPoliciesRequest, ListAttachedUserPoliciesResponse> = (input, context) =>
  listAttachedPolicies(context, "user", input.UserName, input);
