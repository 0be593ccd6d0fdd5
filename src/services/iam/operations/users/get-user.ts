import type { GetUserRequest, GetUserResponse, User } from "@aws-sdk/client-iam";
import { toUser } from "../../answers.ts";
import { userNameOr } from "../../caller.ts";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html */
export const getUser: IamOperation<GetUserRequest, GetUserResponse> = async (input, context) => {
  const { principal } = context;
  if (input.UserName === undefined && principal.kind === "root") return { User: rootUser(principal) };
  return { User: toUser(await requireEntity(context, "user", userNameOr(context, input.UserName))) };
};

/** The root has neither name nor path, and no known birthday. */
const rootUser = ({ userId, arn }: { userId: string; arn: string }): User => ({
  Path: undefined,
  UserName: undefined,
  UserId: userId,
  Arn: arn,
  CreateDate: new Date(0),
});
