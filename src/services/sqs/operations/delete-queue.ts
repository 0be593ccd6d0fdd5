import type { DeleteQueueRequest } from "@aws-sdk/client-sqs";
import type { Nothing, SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html */
export const deleteQueue: SqsOperation<DeleteQueueRequest, Nothing> = async ({ QueueUrl }, { state, region }) => {
  await state.queues.delete(await state.queues.atUrl(QueueUrl, region));
  return {};
};
