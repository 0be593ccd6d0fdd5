import type { AddRoleToInstanceProfileRequest } from "@aws-sdk/client-iam";
import { change, requireEntity, requireOwnEntity } from "../../change.ts";
import { quotaExceeded } from "../../entity.ts";
import type { IamOperation } from "../../state.ts";
import { holdEntity, insertMembership } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html */
export const addRoleToInstanceProfile: IamOperation<AddRoleToInstanceProfileRequest, void> = async (input, context) => {
  await change(
    context,
    () => requireEntity(context, "instance-profile", input.InstanceProfileName),
    async (profile) => {
      const role = await requireOwnEntity(context, "role", input.RoleName);
      const roles = await context.state.store.membersOf(profile);
      // The name of this quota is AWS's own.
      if (roles.length > 0) throw quotaExceeded("InstanceSessionsPerInstanceProfile", 1);
      return [holdEntity(role), insertMembership(profile, role)];
    },
  );
};
