import type { CreatePlatformEndpointInput, CreateEndpointResponse } from "@aws-sdk/client-sns";
import { invalidParameter } from "../../errors.ts";
import { endpointArnOf, requireApplication } from "../../mobile.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformEndpoint.html */
export const createPlatformEndpoint: SnsOperation<CreatePlatformEndpointInput, CreateEndpointResponse> = (input, context) => {
  const { state, accountId, region } = context;
  const { Token, CustomUserData } = input;
  return state.changes.run(async () => {
    const application = await requireApplication(context, input.PlatformApplicationArn);
    const existing = await state.mobile.findToken(application.arn, Token);
    const attributes: Record<string, string> = {
      Enabled: "true",
      ...input.Attributes,
      ...(CustomUserData !== undefined && { CustomUserData }),
      Token,
    };
    if (existing !== undefined) {
      const differs = CustomUserData !== undefined && CustomUserData !== existing.attributes.CustomUserData;
      if (differs)
        throw invalidParameter(`Token Reason: Endpoint ${existing.arn} already exists with the same Token, but different attributes.`);
      return { EndpointArn: existing.arn };
    }
    const arn = endpointArnOf(application.arn, state.ids.uuid());
    await state.mobile.save({ arn, applicationArn: application.arn, accountId, region, token: Token, attributes });
    return { EndpointArn: arn };
  });
};
