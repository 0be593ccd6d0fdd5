import type { ListRolePoliciesRequest, ListRolePoliciesResponse } from "@aws-sdk/client-iam";
import { listInlinePolicies } from "../../inline-policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html */
export const listRolePolicies: IamOperation<ListRolePoliciesRequest, ListRolePoliciesResponse> = (input, context) =>
  listInlinePolicies(context, "role", input.RoleName, input);
