import type { ListAccountAliasesRequest, ListAccountAliasesResponse } from "@aws-sdk/client-iam";
import { page } from "../../page.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccountAliases.html */
export const listAccountAliases: IamOperation<ListAccountAliasesRequest, ListAccountAliasesResponse> = async (input, context) => {
  const alias = await context.state.store.accountAlias(context.accountId);
  const { items, ...position } = page(alias === undefined ? [] : [alias], input, (name) => name);
  return { AccountAliases: items, ...position };
};
