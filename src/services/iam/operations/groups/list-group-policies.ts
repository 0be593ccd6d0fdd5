import type { ListGroupPoliciesRequest, ListGroupPoliciesResponse } from "@aws-sdk/client-iam";
import { listInlinePolicies } from "../../inline-policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupPolicies.html */
export const listGroupPolicies: IamOperation<ListGroupPoliciesRequest, ListGroupPoliciesResponse> = (input, context) =>
  listInlinePolicies(context, "group", input.GroupName, input);
