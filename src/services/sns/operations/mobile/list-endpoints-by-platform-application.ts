import type { ListEndpointsByPlatformApplicationInput, ListEndpointsByPlatformApplicationResponse } from "@aws-sdk/client-sns";
import { pageItems } from "../../limits.ts";
import { requireApplication } from "../../mobile.ts";
import { pageOf, readPageToken } from "../../page.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_ListEndpointsByPlatformApplication.html */
export const listEndpointsByPlatformApplication: SnsOperation<
  ListEndpointsByPlatformApplicationInput,
  ListEndpointsByPlatformApplicationResponse
> = async (input, context) => {
  const { arn: applicationArn } = await requireApplication(context, input.PlatformApplicationArn);
  const found = await context.state.mobile.list({ applicationArn }, readPageToken(input.NextToken), pageItems + 1);
  const { shown, ...next } = pageOf(found, pageItems, ({ arn }) => arn);
  return { Endpoints: shown.map(({ arn, attributes }) => ({ EndpointArn: arn, Attributes: { ...attributes } })), ...next };
};
