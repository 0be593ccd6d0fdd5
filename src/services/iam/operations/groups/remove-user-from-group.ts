import type { RemoveUserFromGroupRequest } from "@aws-sdk/client-iam";
import { change, requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";
import { removeMembership } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveUserFromGroup.html */
export const removeUserFromGroup: IamOperation<RemoveUserFromGroupRequest, void> = async (input, context) => {
  await change(
    context,
    () => requireEntity(context, "group", input.GroupName),
    async (group) => [removeMembership(group, await requireEntity(context, "user", input.UserName))],
  );
};
