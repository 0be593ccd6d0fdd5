import type { UpdateAccessKeyRequest } from "@aws-sdk/client-iam";
import { requireAccessKey } from "../../access-keys.ts";
import { userNameOr } from "../../caller.ts";
import { change, requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";
import { saveAccessKeyStatus } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html */
export const updateAccessKey: IamOperation<UpdateAccessKeyRequest, void> = async (input, context) => {
  await change(
    context,
    () => requireEntity(context, "user", userNameOr(context, input.UserName)),
    async (user) => {
      const { id } = requireAccessKey(await context.state.store.accessKeysOf(user), input.AccessKeyId);
      return [saveAccessKeyStatus(id, input.Status)];
    },
  );
  context.state.accessKeys.forgetAll();
};
