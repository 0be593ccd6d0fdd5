import type { ListInstanceProfilesForRoleRequest, ListInstanceProfilesForRoleResponse } from "@aws-sdk/client-iam";
import { toInstanceProfile } from "../../answers.ts";
import { requireEntity } from "../../change.ts";
import { page } from "../../page.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfilesForRole.html */
export const listInstanceProfilesForRole: IamOperation<ListInstanceProfilesForRoleRequest, ListInstanceProfilesForRoleResponse> = async (
  input,
  context,
) => {
  const role = await requireEntity(context, "role", input.RoleName);
  const profiles = await context.state.store.containersOf<"instance-profile">(role);
  const { items, ...position } = page(profiles, input, ({ name }) => name);
  return { InstanceProfiles: items.map((profile) => toInstanceProfile(profile, [role])), ...position };
};
