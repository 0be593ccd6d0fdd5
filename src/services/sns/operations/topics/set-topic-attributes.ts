import type { SetTopicAttributesInput } from "@aws-sdk/client-sns";
import type { Statement } from "#storage/database.ts";
import { archiveChanged } from "../../store/archive.ts";
import { replaysFailed } from "../../store/replays.ts";
import { withAttribute } from "../../topic-attributes.ts";
import { changeTopic } from "../../topics.ts";
import type { SnsOperation } from "../../state.ts";
import type { Topic } from "../../topic.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html */
export const setTopicAttributes: SnsOperation<SetTopicAttributesInput, void> = (input, context) => {
  const { AttributeName, AttributeValue = "" } = input;
  const nowMs = context.state.clock.now();
  const changesArchive = AttributeName === "ArchivePolicy";
  const change = (topic: Topic): Partial<Topic> => {
    const attributes = withAttribute(topic, AttributeName, AttributeValue);
    if (!changesArchive) return { attributes };
    return { attributes, archivedSinceMs: attributes.ArchivePolicy === undefined ? undefined : (topic.archivedSinceMs ?? nowMs) };
  };
  const more = ({ arn, archivedSinceMs }: Topic): Statement[] =>
    changesArchive ? [archiveChanged(arn), ...(archivedSinceMs === undefined ? [replaysFailed(arn)] : [])] : [];
  return changeTopic(context, input.TopicArn, change, { more });
};
