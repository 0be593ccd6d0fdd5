import type { GetInstanceProfileRequest, GetInstanceProfileResponse } from "@aws-sdk/client-iam";
import { toInstanceProfile } from "../../answers.ts";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html */
export const getInstanceProfile: IamOperation<GetInstanceProfileRequest, GetInstanceProfileResponse> = async (input, context) => {
  const profile = await requireEntity(context, "instance-profile", input.InstanceProfileName);
  return { InstanceProfile: toInstanceProfile(profile, await context.state.store.membersOf(profile)) };
};
