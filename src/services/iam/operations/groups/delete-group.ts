import type { DeleteGroupRequest } from "@aws-sdk/client-iam";
import { change, requireEntity } from "../../change.ts";
import { deleteConflict, refuseWhileInUse } from "../../deletion.ts";
import type { IamOperation } from "../../state.ts";
import { removeEntity } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html */
export const deleteGroup: IamOperation<DeleteGroupRequest, void> = async (input, context) => {
  await change(
    context,
    () => requireEntity(context, "group", input.GroupName),
    async (group) => {
      await refuseWhileInUse(context.state.store, group);
      const users = await context.state.store.membersOf(group);
      if (users.length > 0) throw deleteConflict("must remove users from group first.");
      return [removeEntity(group)];
    },
  );
};
