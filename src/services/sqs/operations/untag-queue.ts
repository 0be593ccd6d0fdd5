import type { UntagQueueRequest } from "@aws-sdk/client-sqs";
import type { Nothing, SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_UntagQueue.html */
export const untagQueue: SqsOperation<UntagQueueRequest, Nothing> = async ({ QueueUrl, TagKeys }, { state, region }) => {
  const live = await state.queues.atUrl(QueueUrl, region);
  await state.queues.changeTags(live, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys.includes(key))));
  return {};
};
