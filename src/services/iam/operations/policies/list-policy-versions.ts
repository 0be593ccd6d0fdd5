import type { ListPolicyVersionsRequest, ListPolicyVersionsResponse } from "@aws-sdk/client-iam";
import { page } from "../../page.ts";
import { requirePolicy, toListedVersion, versionsOf } from "../../policies.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html */
export const listPolicyVersions: IamOperation<ListPolicyVersionsRequest, ListPolicyVersionsResponse> = async (input, context) => {
  const policy = await requirePolicy(context, input.PolicyArn);
  const versions = await versionsOf(context, policy);
  // Newest first, as AWS lists them; pages go by ascending keys.
  const { items, ...position } = page(versions, input, ({ number }) => String(Number.MAX_SAFE_INTEGER - number));
  return { Versions: items.map((version) => toListedVersion(policy, version)), ...position };
};
