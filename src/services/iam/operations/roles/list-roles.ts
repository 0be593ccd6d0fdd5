import type { ListRolesRequest, ListRolesResponse } from "@aws-sdk/client-iam";
import { toListedRole } from "../../answers.ts";
import { page } from "../../page.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html */
export const listRoles: IamOperation<ListRolesRequest, ListRolesResponse> = async (input, context) => {
  const roles = await context.state.store.listEntities(context.accountId, "role", input.PathPrefix);
  const { items, ...position } = page(roles, input, ({ name }) => name);
  return { Roles: items.map(toListedRole), ...position };
};
