import type { TagRoleRequest } from "@aws-sdk/client-iam";
import { requireOwnEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";
import { addTags } from "../../tagging.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html */
export const tagRole: IamOperation<TagRoleRequest, void> = (input, context) =>
  addTags(context, () => requireOwnEntity(context, "role", input.RoleName), input.Tags);
