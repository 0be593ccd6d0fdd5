import type { ListAccessKeysRequest, ListAccessKeysResponse } from "@aws-sdk/client-iam";
import { userNameOr } from "../../caller.ts";
import { requireEntity } from "../../change.ts";
import { page } from "../../page.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html */
export const listAccessKeys: IamOperation<ListAccessKeysRequest, ListAccessKeysResponse> = async (input, context) => {
  const user = await requireEntity(context, "user", userNameOr(context, input.UserName));
  const { items, ...position } = page(await context.state.store.accessKeysOf(user), input, ({ id }) => id);
  const keys = items.map(({ id, status, created_at_ms }) => ({
    UserName: user.name,
    AccessKeyId: id,
    Status: status,
    CreateDate: new Date(created_at_ms),
  }));
  return { AccessKeyMetadata: keys, ...position };
};
