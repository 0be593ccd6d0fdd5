import type { UntagRoleRequest } from "@aws-sdk/client-iam";
import { requireOwnEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";
import { removeTags } from "../../tagging.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagRole.html */
export const untagRole: IamOperation<UntagRoleRequest, void> = (input, context) =>
  removeTags(context, () => requireOwnEntity(context, "role", input.RoleName), input.TagKeys);
