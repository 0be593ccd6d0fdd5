import type { DeleteUserRequest } from "@aws-sdk/client-iam";
import { change, requireEntity } from "../../change.ts";
import { deleteConflict, refuseWhileInUse } from "../../deletion.ts";
import type { IamOperation } from "../../state.ts";
import { removeEntity } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html */
export const deleteUser: IamOperation<DeleteUserRequest, void> = async (input, context) => {
  await change(
    context,
    () => requireEntity(context, "user", input.UserName),
    async (user) => {
      const { store } = context.state;
      await refuseWhileInUse(store, user);
      if ((await store.accessKeysOf(user)).length > 0) throw deleteConflict("must delete access keys first.");
      if ((await store.containersOf(user)).length > 0) throw deleteConflict("must remove users from group first.");
      return [removeEntity(user)];
    },
  );
};
