import type { CreateGroupRequest, CreateGroupResponse } from "@aws-sdk/client-iam";
import { toGroup } from "../../answers.ts";
import { createEntity } from "../../change.ts";
import { newEntity } from "../../entity.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html */
export const createGroup: IamOperation<CreateGroupRequest, CreateGroupResponse> = async (input, context) => {
  const { accountId } = context;
  const group = await createEntity(context, async () => ({
    entity: newEntity(context.state, { accountId, kind: "group", name: input.GroupName, path: input.Path, details: {} }),
    also: [],
  }));
  return { Group: toGroup(group) };
};
