import type { ListUserPoliciesRequest, ListUserPoliciesResponse } from "@aws-sdk/client-iam";
import { listInlinePolicies } from "../../inline-policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserPolicies.html */
export const listUserPolicies: IamOperation<ListUserPoliciesRequest, ListUserPoliciesResponse> = (input, context) =>
  listInlinePolicies(context, "user", input.UserName, input);
