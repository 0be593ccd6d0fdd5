import type { CreateInstanceProfileRequest, CreateInstanceProfileResponse } from "@aws-sdk/client-iam";
import { toInstanceProfile } from "../../answers.ts";
import { createEntity } from "../../change.ts";
import { newEntity } from "../../entity.ts";
import type { IamOperation } from "../../state.ts";
import { withTags } from "../../tags.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html */
export const createInstanceProfile: IamOperation<CreateInstanceProfileRequest, CreateInstanceProfileResponse> = async (input, context) => {
  const profile = await createEntity(context, async () => ({
    entity: newEntity(context.state, {
      accountId: context.accountId,
      kind: "instance-profile",
      name: input.InstanceProfileName,
      path: input.Path,
      tags: withTags([], input.Tags ?? []),
      details: {},
    }),
    also: [],
  }));
  return { InstanceProfile: toInstanceProfile(profile, []) };
};
