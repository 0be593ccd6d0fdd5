import type { ListGroupsRequest, ListGroupsResponse } from "@aws-sdk/client-iam";
import { toGroup } from "../../answers.ts";
import { page } from "../../page.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroups.html */
export const listGroups: IamOperation<ListGroupsRequest, ListGroupsResponse> = async (input, context) => {
  const groups = await context.state.store.listEntities(context.accountId, "group", input.PathPrefix);
  const { items, ...position } = page(groups, input, ({ name }) => name);
  return { Groups: items.map(toGroup), ...position };
};
