import type { UpdateGroupRequest } from "@aws-sdk/client-iam";
import { change, refuseDuplicate, requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";
import { saveEntity } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateGroup.html */
export const updateGroup: IamOperation<UpdateGroupRequest, void> = async (input, context) => {
  const { NewGroupName: newName } = input;
  const update = () =>
    change(
      context,
      () => requireEntity(context, "group", input.GroupName),
      (group) => [saveEntity({ ...group, name: newName ?? group.name, path: input.NewPath ?? group.path })],
    );
  await refuseDuplicate({ kind: "group", name: newName ?? input.GroupName }, update);
};
