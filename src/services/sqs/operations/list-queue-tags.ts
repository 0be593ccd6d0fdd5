import type { ListQueueTagsRequest, ListQueueTagsResult } from "@aws-sdk/client-sqs";
import type { SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueueTags.html */
export const listQueueTags: SqsOperation<ListQueueTagsRequest, ListQueueTagsResult> = async ({ QueueUrl }, { state, region }) => {
  const { queue } = await state.queues.atUrl(QueueUrl, region);
  return { Tags: { ...queue.tags } };
};
