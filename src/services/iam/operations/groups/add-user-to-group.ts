import type { AddUserToGroupRequest } from "@aws-sdk/client-iam";
import { change, requireEntity } from "../../change.ts";
import { quotaExceeded } from "../../entity.ts";
import { quotas } from "../../limits.ts";
import type { IamOperation } from "../../state.ts";
import { holdEntity, insertMembership } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddUserToGroup.html */
export const addUserToGroup: IamOperation<AddUserToGroupRequest, void> = async (input, context) => {
  await change(
    context,
    () => requireEntity(context, "group", input.GroupName),
    async (group) => {
      const user = await requireEntity(context, "user", input.UserName);
      const groups = await context.state.store.containersOf(user);
      if (groups.some(({ id }) => id === group.id)) return [];
      if (groups.length >= quotas.GroupsPerUser) throw quotaExceeded("GroupsPerUser", quotas.GroupsPerUser);
      return [holdEntity(user), insertMembership(group, user)];
    },
  );
};
