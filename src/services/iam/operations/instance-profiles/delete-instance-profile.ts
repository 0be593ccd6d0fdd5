import type { DeleteInstanceProfileRequest } from "@aws-sdk/client-iam";
import { change, requireEntity } from "../../change.ts";
import { deleteConflict } from "../../deletion.ts";
import type { IamOperation } from "../../state.ts";
import { removeEntity } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteInstanceProfile.html */
export const deleteInstanceProfile: IamOperation<DeleteInstanceProfileRequest, void> = async (input, context) => {
  await change(
    context,
    () => requireEntity(context, "instance-profile", input.InstanceProfileName),
    async (profile) => {
      const roles = await context.state.store.membersOf(profile);
      if (roles.length > 0) throw deleteConflict("must remove roles from instance profile first.");
      return [removeEntity(profile)];
    },
  );
};
