import type { DeletePlatformApplicationInput } from "@aws-sdk/client-sns";
import { isOwn } from "../../mobile.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_DeletePlatformApplication.html */
export const deletePlatformApplication: SnsOperation<DeletePlatformApplicationInput, void> = async (input, context) => {
  const { mobile } = context.state;
  if (isOwn(await mobile.find(input.PlatformApplicationArn), context)) await mobile.remove(input.PlatformApplicationArn);
};
