import type { Statement } from "#storage/database.ts";
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

/** Changes what `change` says, as one step with the statements of `more`. */
export function changeTopic(
  context: SnsContext,
  arn: string,
  change: (topic: Topic) => Partial<Topic>,
  { member = "TopicArn", more = () => [] }: { member?: string; more?: (changed: Topic) => Statement[] } = {},
): Promise<void> {
  return context.state.changes.run(async () => {
    const topic = await requireTopic(context, arn, member);
    const changed = { ...topic, ...change(topic) };
    await context.state.topics.save(changed, more(changed));
  });
}
