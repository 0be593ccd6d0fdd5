import type { CreateUserRequest, CreateUserResponse } from "@aws-sdk/client-iam";
import { toUser } from "../../answers.ts";
import { holdBoundary } from "../../attachments.ts";
import { createEntity } from "../../change.ts";
import { newEntity } from "../../entity.ts";
import type { IamOperation } from "../../state.ts";
import { withTags } from "../../tags.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html */
export const createUser: IamOperation<CreateUserRequest, CreateUserResponse> = async (input, context) => {
  const user = await createEntity(context, async () => ({
    entity: newEntity(context.state, {
      accountId: context.accountId,
      kind: "user",
      name: input.UserName,
      path: input.Path,
      tags: withTags([], input.Tags ?? []),
      permissionsBoundaryArn: input.PermissionsBoundary,
      details: {},
    }),
    also: await holdBoundary(context, input.PermissionsBoundary),
  }));
  return { User: toUser(user) };
};
