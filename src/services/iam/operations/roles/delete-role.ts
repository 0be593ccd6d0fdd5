import type { DeleteRoleRequest } from "@aws-sdk/client-iam";
import { change, requireOwnEntity } from "../../change.ts";
import { deleteConflict, refuseWhileInUse } from "../../deletion.ts";
import type { IamOperation } from "../../state.ts";
import { removeEntity } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html */
export const deleteRole: IamOperation<DeleteRoleRequest, void> = async (input, context) => {
  await change(
    context,
    () => requireOwnEntity(context, "role", input.RoleName),
    async (role) => {
      await refuseWhileInUse(context.state.store, role);
      const profiles = await context.state.store.containersOf(role);
      if (profiles.length > 0) throw deleteConflict("must remove roles from instance profile first.");
      return [removeEntity(role)];
    },
  );
};
