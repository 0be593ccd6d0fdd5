import { checkTopicArn } from "./arns.ts";
import { noSuchTopic } from "./errors.ts";
import type { SnsContext } from "./state.ts";
import type { Topic } from "./topic.ts";

/** Throws AWS's errors for what is no ARN, or none of a topic that is there. */
export async function requireTopic(context: SnsContext, arn: string, member = "TopicArn"): Promise<Topic> {
  const topic = await context.state.topics.find(checkTopicArn(arn, context, member));
  if (topic?.accountId !== context.accountId) throw noSuchTopic();
  return topic;
}

/** Changes what `change` says, as one step. */
export function changeTopic(
  context: SnsContext,
  arn: string,
  change: (topic: Topic) => Partial<Topic>,
  member = "TopicArn",
): Promise<void> {
  return context.state.changes.run(async () => {
    const topic = await requireTopic(context, arn, member);
    await context.state.topics.save({ ...topic, ...change(topic) });
  });
}
