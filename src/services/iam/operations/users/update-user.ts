import type { UpdateUserRequest } from "@aws-sdk/client-iam";
import { change, refuseDuplicate, requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";
import { saveEntity } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html */
export const updateUser: IamOperation<UpdateUserRequest, void> = async (input, context) => {
  const { NewUserName: newName } = input;
  const update = () =>
    change(
      context,
      () => requireEntity(context, "user", input.UserName),
      (user) => [saveEntity({ ...user, name: newName ?? user.name, path: input.NewPath ?? user.path })],
    );
  await refuseDuplicate({ kind: "user", name: newName ?? input.UserName }, update);
  context.state.accessKeys.forgetAll();
};
