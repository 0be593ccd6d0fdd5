import type { Tag } from "@aws-sdk/client-sns";
import { AwsError } from "#wire/errors.ts";
import { checkTopicArn } from "./arns.ts";
import type { SnsContext } from "./state.ts";
import type { Topic } from "./topic.ts";

/** The operations on tags have an error of their own for topics that are not there. */
export async function requireTagged(context: SnsContext, arn: string): Promise<Topic> {
  const topic = await context.state.topics.find(checkTopicArn(arn, context, "ResourceArn"));
  if (topic?.accountId !== context.accountId) throw new AwsError("ResourceNotFoundException", "Resource does not exist");
  return topic;
}

export function changeTags(context: SnsContext, arn: string, change: (tags: readonly Tag[]) => Tag[]): Promise<void> {
  return context.state.changes.run(async () => {
    const topic = await requireTagged(context, arn);
    await context.state.topics.save({ ...topic, tags: change(topic.tags) });
  });
}
