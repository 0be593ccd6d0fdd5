import type { DeleteTopicInput } from "@aws-sdk/client-sns";
import { AwsError } from "#wire/errors.ts";
import { checkTopicArn } from "../../arns.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_DeleteTopic.html */
export const deleteTopic: SnsOperation<DeleteTopicInput, void> = async (input, context) => {
  const { state, accountId } = context;
  await state.changes.run(async () => {
    const topic = await state.topics.find(checkTopicArn(input.TopicArn, context));
    // Deleting what is not there is no error.
    if (topic?.accountId !== accountId) return;
    // As recorded in https://github.com/aws/aws-cdk/pull/37113.
    if (topic.archivedSinceMs !== undefined)
      throw new AwsError("InvalidStateException", "Invalid state: Cannot delete a topic with an ArchivePolicy");
    await state.topics.remove(topic.arn);
  });
};
