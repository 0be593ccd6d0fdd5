import type { TagUserRequest } from "@aws-sdk/client-iam";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";
import { addTags } from "../../tagging.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html */
export const tagUser: IamOperation<TagUserRequest, void> = (input, context) =>
  addTags(context, () => requireEntity(context, "user", input.UserName), input.Tags);
