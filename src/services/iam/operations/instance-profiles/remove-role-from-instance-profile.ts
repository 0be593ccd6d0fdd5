import type { RemoveRoleFromInstanceProfileRequest } from "@aws-sdk/client-iam";
import { change, requireEntity } from "../../change.ts";
import { noSuchEntity } from "../../entity.ts";
import type { IamOperation } from "../../state.ts";
import { removeMembership } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveRoleFromInstanceProfile.html */
export const removeRoleFromInstanceProfile: IamOperation<RemoveRoleFromInstanceProfileRequest, void> = async (input, context) => {
  await change(
    context,
    () => requireEntity(context, "instance-profile", input.InstanceProfileName),
    async (profile) => {
      const roles = await context.state.store.membersOf<"role">(profile);
      const role = roles.find(({ name }) => name === input.RoleName);
      if (role === undefined) throw noSuchEntity("role", input.RoleName);
      return [removeMembership(profile, role)];
    },
  );
};
