import type { TagQueueRequest } from "@aws-sdk/client-sqs";
import type { Nothing, SqsOperation } from "../state.ts";
import { checkTags } from "../tags.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_TagQueue.html */
export const tagQueue: SqsOperation<TagQueueRequest, Nothing> = async ({ QueueUrl, Tags }, { state, region }) => {
  const live = await state.queues.atUrl(QueueUrl, region);
  await state.queues.changeTags(live, (before) => {
    const after = { ...before, ...Tags };
    checkTags(live.queue.address.name, after);
    return after;
  });
  return {};
};
