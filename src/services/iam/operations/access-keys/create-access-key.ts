import type { CreateAccessKeyRequest, CreateAccessKeyResponse } from "@aws-sdk/client-iam";
import { userNameOr } from "../../caller.ts";
import { change, requireEntity } from "../../change.ts";
import { quotaExceeded, wholeSecondsMs } from "../../entity.ts";
import { quotas } from "../../limits.ts";
import type { IamOperation } from "../../state.ts";
import { insertAccessKey } from "../../store/writes.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html */
export const createAccessKey: IamOperation<CreateAccessKeyRequest, CreateAccessKeyResponse> = async (input, context) => {
  const { clock, ids, store } = context.state;
  const key = {
    id: `AKIA${ids.base32(16)}`,
    secretAccessKey: ids.bytes(30).toString("base64"),
    createdAtMs: wholeSecondsMs(clock),
  };
  const user = await change(
    context,
    () => requireEntity(context, "user", userNameOr(context, input.UserName)),
    async (owner) => {
      const keys = await store.accessKeysOf(owner);
      if (keys.length >= quotas.AccessKeysPerUser) throw quotaExceeded("AccessKeysPerUser", quotas.AccessKeysPerUser);
      return [insertAccessKey(owner, key)];
    },
  );
  return {
    AccessKey: {
      UserName: user.name,
      AccessKeyId: key.id,
      Status: "Active",
      SecretAccessKey: key.secretAccessKey,
      CreateDate: new Date(key.createdAtMs),
    },
  };
};
