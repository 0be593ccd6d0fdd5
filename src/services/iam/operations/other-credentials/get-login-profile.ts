import type { GetLoginProfileRequest, GetLoginProfileResponse } from "@aws-sdk/client-iam";
import { AwsError } from "#wire/errors.ts";
import { userNameOr } from "../../caller.ts";
import { requireEntity } from "../../change.ts";
import type { IamOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetLoginProfile.html */
export const getLoginProfile: IamOperation<GetLoginProfileRequest, GetLoginProfileResponse> = async (input, context) => {
  const name = userNameOr(context, input.UserName);
  await requireEntity(context, "user", name);
  throw new AwsError("NoSuchEntityException", `Login Profile for User ${name} cannot be found.`);
};
