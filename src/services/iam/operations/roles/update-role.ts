import type { UpdateRoleRequest, UpdateRoleResponse } from "@aws-sdk/client-iam";
import { change, requireOwnEntity } from "../../change.ts";
import { defaultSessionSeconds } from "../../limits.ts";
import type { IamOperation } from "../../state.ts";
import { saveEntity } from "../../store/writes.ts";

/**
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
 * A maximum session duration that is not given goes back to the default, the description stays.
 */
export const updateRole: IamOperation<UpdateRoleRequest, UpdateRoleResponse> = async (input, context) => {
  await change(
    context,
    () => requireOwnEntity(context, "role", input.RoleName),
    (role) => {
      const { Description = role.details.description, MaxSessionDuration = defaultSessionSeconds } = input;
      return [saveEntity({ ...role, details: { ...role.details, description: Description, maxSessionSeconds: MaxSessionDuration } })];
    },
  );
  return {};
};
