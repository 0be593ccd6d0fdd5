import type { ListUsersRequest, ListUsersResponse } from "@aws-sdk/client-iam";
import { toListedUser } from "../../answers.ts";
import { page } from "../../page.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html */
export const listUsers: IamOperation<ListUsersRequest, ListUsersResponse> = async (input, context) => {
  const users = await context.state.store.listEntities(context.accountId, "user", input.PathPrefix);
  const { items, ...position } = page(users, input, ({ name }) => name);
  return { Users: items.map(toListedUser), ...position };
};
