import type { TagInstanceProfileRequest } from "@aws-sdk/client-iam";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";
import { addTags } from "../../tagging.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagInstanceProfile.html */
export const tagInstanceProfile: IamOperation<TagInstanceProfileRequest, void> = (input, context) =>
  addTags(context, () => requireEntity(context, "instance-profile", input.InstanceProfileName), input.Tags);
