import type { PurgeQueueRequest } from "@aws-sdk/client-sqs";
import type { Nothing, SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html */
export const purgeQueue: SqsOperation<PurgeQueueRequest, Nothing> = async ({ QueueUrl }, { state, region }) => {
  await state.queues.purge(await state.queues.atUrl(QueueUrl, region));
  return {};
};
