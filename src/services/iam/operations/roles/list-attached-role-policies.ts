import type { ListAttachedRolePoliciesRequest, ListAttachedRolePoliciesResponse } from "@aws-sdk/client-iam";
import { listAttachedPolicies } from "../../attachments.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html */
export const listAttachedRolePolicies: IamOperation<ListAttachedRolePoliciesRequest, ListAttachedRolePoliciesResponse> = (input, context) =>
  listAttachedPolicies(context, "role", input.RoleName, input);
