import type { ListGroupsForUserRequest, ListGroupsForUserResponse } from "@aws-sdk/client-iam";
import { toGroup } from "../../answers.ts";
import { requireEntity } from "../../change.ts";
import { page } from "../../page.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupsForUser.html */
export const listGroupsForUser: IamOperation<ListGroupsForUserRequest, ListGroupsForUserResponse> = async (input, context) => {
  const groups = await context.state.store.containersOf<"group">(await requireEntity(context, "user", input.UserName));
  const { items, ...position } = page(groups, input, ({ name }) => name);
  return { Groups: items.map(toGroup), ...position };
};
