import type { ListPoliciesRequest, ListPoliciesResponse, Policy, PolicyUsageType } from "@aws-sdk/client-iam";
import { awsPolicies } from "../../managed-policies.ts";
import { page } from "../../page.ts";
import { policyUsage, toListedPolicy } from "../../policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html */
export const listPolicies: IamOperation<ListPoliciesRequest, ListPoliciesResponse> = async (input, context) => {
  const { accountId, state } = context;
  const usage = await policyUsage(context);
  const ofAws = [...awsPolicies.values()].map(({ policy }) => policy);
  const own = input.Scope === "AWS" ? [] : await state.store.listEntities(accountId, "policy");
  const policies = [...own, ...(input.Scope === "Local" ? [] : ofAws)]
    .filter(({ path }) => path.startsWith(input.PathPrefix ?? "/"))
    .map((policy) => toListedPolicy(policy, usage))
    .filter((policy) => input.OnlyAttached !== true || policy.AttachmentCount! > 0)
    .filter((policy) => isUsedAs(policy, input.PolicyUsageFilter));
  const { items, ...position } = page(policies, input, (policy) => `${policy.PolicyName} ${policy.Arn}`);
  return { Policies: items, ...position };
};

function isUsedAs(policy: Policy, usage: PolicyUsageType | undefined): boolean {
  if (usage === "PermissionsPolicy") return policy.AttachmentCount! > 0;
  if (usage === "PermissionsBoundary") return policy.PermissionsBoundaryUsageCount! > 0;
  return true;
}
