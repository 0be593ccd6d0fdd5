import type { ListSubscriptionsInput, ListSubscriptionsResponse } from "@aws-sdk/client-sns";
import { pageItems } from "../../limits.ts";
import { pageOf, readPageToken } from "../../page.ts";
import { toListed } from "../../subscriptions.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptions.html */
export const listSubscriptions: SnsOperation<ListSubscriptionsInput, ListSubscriptionsResponse> = async (
  input,
  { state, accountId, region },
) => {
  const found = await state.subscriptions.list({ accountId, region }, readPageToken(input.NextToken), pageItems + 1);
  const { shown, ...next } = pageOf(found, pageItems, ({ arn }) => arn);
  return { Subscriptions: shown.map(toListed), ...next };
};
