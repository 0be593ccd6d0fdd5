import type { DeleteServiceLinkedRoleRequest, DeleteServiceLinkedRoleResponse } from "@aws-sdk/client-iam";
import { change, requireEntity, serviceRolePath } from "../../change.ts";
import { noSuchEntity } from "../../entity.ts";
import type { IamOperation } from "../../state.ts";
import { removeEntity } from "../../store/writes.ts";

/**
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteServiceLinkedRole.html
 * The role is gone when this answers; AWS takes its time.
 */
export const deleteServiceLinkedRole: IamOperation<DeleteServiceLinkedRoleRequest, DeleteServiceLinkedRoleResponse> = async (
  input,
  context,
) => {
  const { path, name } = await change(
    context,
    async () => {
      const role = await requireEntity(context, "role", input.RoleName);
      if (!role.path.startsWith(serviceRolePath)) throw noSuchEntity("role", input.RoleName);
      return role;
    },
    (role) => [removeEntity(role)],
  );
  return { DeletionTaskId: `task${path}${name}/${context.state.ids.uuid()}` };
};
