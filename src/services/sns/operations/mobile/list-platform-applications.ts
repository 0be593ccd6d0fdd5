import type { ListPlatformApplicationsInput, ListPlatformApplicationsResponse } from "@aws-sdk/client-sns";
import { pageItems } from "../../limits.ts";
import { shownApplication } from "../../mobile.ts";
import { pageOf, readPageToken } from "../../page.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_ListPlatformApplications.html */
export const listPlatformApplications: SnsOperation<ListPlatformApplicationsInput, ListPlatformApplicationsResponse> = async (
  input,
  { state, accountId, region },
) => {
  const found = await state.mobile.list({ accountId, region }, readPageToken(input.NextToken), pageItems + 1);
  const { shown, ...next } = pageOf(found, pageItems, ({ arn }) => arn);
  return { PlatformApplications: shown.map((one) => ({ PlatformApplicationArn: one.arn, Attributes: shownApplication(one) })), ...next };
};
