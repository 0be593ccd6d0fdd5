import type { GetPlatformApplicationAttributesInput, GetPlatformApplicationAttributesResponse } from "@aws-sdk/client-sns";
import { requireApplication, shownApplication } from "../../mobile.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_GetPlatformApplicationAttributes.html */
export const getPlatformApplicationAttributes: SnsOperation<
  GetPlatformApplicationAttributesInput,
  GetPlatformApplicationAttributesResponse
> = async (input, context) => ({
  Attributes: shownApplication(await requireApplication(context, input.PlatformApplicationArn)),
});
