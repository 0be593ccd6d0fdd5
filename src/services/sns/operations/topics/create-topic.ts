import type { CreateTopicInput, CreateTopicResponse } from "@aws-sdk/client-sns";
import { topicArnOf } from "../../arns.ts";
import { invalidParameter } from "../../errors.ts";
import { checkNewAttributes } from "../../topic-attributes.ts";
import { checkTags, checkTopicName, isSameTags, type Topic } from "../../topic.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html */
export const createTopic: SnsOperation<CreateTopicInput, CreateTopicResponse> = (input, { state, accountId, region }) => {
  const attributes = checkNewAttributes(input.Attributes ?? {});
  checkTopicName(input.Name, attributes.FifoTopic === "true");
  const tags = input.Tags ?? [];
  checkTags(tags);
  const arn = topicArnOf({ accountId, region }, input.Name);
  const topic: Topic = {
    arn,
    accountId,
    region,
    name: input.Name,
    createdAtMs: state.clock.now(),
    attributes,
    tags,
    dataProtectionPolicy: input.DataProtectionPolicy,
    archivedSinceMs: attributes.ArchivePolicy === undefined ? undefined : state.clock.now(),
    archiveChanges: 0,
  };
  return state.changes.run(async () => {
    if (await state.topics.add(topic)) return { TopicArn: arn };
    const existing = await state.topics.find(arn);
    // Who names attributes or tags means those; who names none takes the topic as it is.
    if (tags.length > 0 && !isSameTags(tags, existing!.tags))
      throw invalidParameter("Tags Reason: Topic already exists with different tags");
    const differs = Object.entries(attributes).some(([name, value]) => existing!.attributes[name] !== value);
    if (differs) throw invalidParameter("Attributes Reason: Topic already exists with different attributes");
    return { TopicArn: arn };
  });
};
