import type { CreatePlatformApplicationInput, CreatePlatformApplicationResponse } from "@aws-sdk/client-sns";
import { invalidParameter } from "../../errors.ts";
import { applicationArnOf, platforms } from "../../mobile.ts";
import type { SnsOperation } from "../../state.ts";

/**
 * https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformApplication.html
 * DIVERGES: the credentials are kept, and no push service is asked whether they are good.
 */
export const createPlatformApplication: SnsOperation<CreatePlatformApplicationInput, CreatePlatformApplicationResponse> = async (
  input,
  { state, accountId, region },
) => {
  const { Name, Platform, Attributes } = input;
  if (!platforms.has(Platform)) throw invalidParameter(`Platform Reason: ${Platform} is not supported`);
  if (!/^[\w.-]{1,256}$/.test(Name))
    throw invalidParameter(
      "Name Reason: must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, hyphens, and periods",
    );
  const arn = applicationArnOf({ accountId, region }, Platform, Name);
  await state.changes.run(async () => {
    const existing = await state.mobile.find(arn);
    await state.mobile.save({
      arn,
      applicationArn: undefined,
      accountId,
      region,
      token: undefined,
      attributes: { ...existing?.attributes, ...Attributes },
    });
  });
  return { PlatformApplicationArn: arn };
};
