import type { UntagUserRequest } from "@aws-sdk/client-iam";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";
import { removeTags } from "../../tagging.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagUser.html */
export const untagUser: IamOperation<UntagUserRequest, void> = (input, context) =>
  removeTags(context, () => requireEntity(context, "user", input.UserName), input.TagKeys);
