import type { ListInstanceProfilesRequest, ListInstanceProfilesResponse } from "@aws-sdk/client-iam";
import { toInstanceProfile } from "../../answers.ts";
import { page } from "../../page.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfiles.html */
export const listInstanceProfiles: IamOperation<ListInstanceProfilesRequest, ListInstanceProfilesResponse> = async (input, context) => {
  const { store } = context.state;
  const profiles = await store.listEntities(context.accountId, "instance-profile", input.PathPrefix);
  const { items, ...position } = page(profiles, input, ({ name }) => name);
  const shown = items.map(async (profile) => toInstanceProfile(profile, await store.membersOf(profile)));
  return { InstanceProfiles: await Promise.all(shown), ...position };
};
