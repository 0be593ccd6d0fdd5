import type { UntagInstanceProfileRequest } from "@aws-sdk/client-iam";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";
import { removeTags } from "../../tagging.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagInstanceProfile.html */
export const untagInstanceProfile: IamOperation<UntagInstanceProfileRequest, void> = (input, context) =>
  removeTags(context, () => requireEntity(context, "instance-profile", input.InstanceProfileName), input.TagKeys);
