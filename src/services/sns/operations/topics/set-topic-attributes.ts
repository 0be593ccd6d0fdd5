import type { SetTopicAttributesInput } from "@aws-sdk/client-sns";
import { withAttribute } from "../../topic-attributes.ts";
import { changeTopic } from "../../topics.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html */
export const setTopicAttributes: SnsOperation<SetTopicAttributesInput, void> = (input, context) =>
  changeTopic(context, input.TopicArn, (topic) => ({ attributes: withAttribute(topic, input.AttributeName, input.AttributeValue ?? "") }));
