import type { GetTopicAttributesInput, GetTopicAttributesResponse } from "@aws-sdk/client-sns";
import { shownAttributes } from "../../topic-attributes.ts";
import { requireTopic } from "../../topics.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html */
export const getTopicAttributes: SnsOperation<GetTopicAttributesInput, GetTopicAttributesResponse> = async (input, context) => {
  const topic = await requireTopic(context, input.TopicArn);
  const { state } = context;
  return { Attributes: shownAttributes(topic, await state.subscriptions.countOf(topic.arn), state.clock.now()) };
};
