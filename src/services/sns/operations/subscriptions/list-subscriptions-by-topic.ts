import type { ListSubscriptionsByTopicInput, ListSubscriptionsByTopicResponse } from "@aws-sdk/client-sns";
import { pageItems } from "../../limits.ts";
import { pageOf, readPageToken } from "../../page.ts";
import { toListed } from "../../subscriptions.ts";
import { requireTopic } from "../../topics.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html */
export const listSubscriptionsByTopic: SnsOperation<ListSubscriptionsByTopicInput, ListSubscriptionsByTopicResponse> = async (
  input,
  context,
) => {
  const topic = await requireTopic(context, input.TopicArn);
  const found = await context.state.subscriptions.list({ topicArn: topic.arn }, readPageToken(input.NextToken), pageItems + 1);
  const { shown, ...next } = pageOf(found, pageItems, ({ arn }) => arn);
  return { Subscriptions: shown.map(toListed), ...next };
};
