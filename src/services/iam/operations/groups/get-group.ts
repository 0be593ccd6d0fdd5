import type { GetGroupRequest, GetGroupResponse } from "@aws-sdk/client-iam";
import { toGroup, toListedUser } from "../../answers.ts";
import { requireEntity } from "../../change.ts";
import { page } from "../../page.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroup.html */
export const getGroup: IamOperation<GetGroupRequest, GetGroupResponse> = async (input, context) => {
  const group = await requireEntity(context, "group", input.GroupName);
  const users = await context.state.store.membersOf<"user">(group);
  const { items, ...position } = page(users, input, ({ name }) => name);
  return { Group: toGroup(group), Users: items.map(toListedUser), ...position };
};
