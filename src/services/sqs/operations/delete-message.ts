import type { DeleteMessageRequest } from "@aws-sdk/client-sqs";
import { deletable } from "../receipts.ts";
import { removeMessages } from "../removing.ts";
import type { Nothing, SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html */
export const deleteMessage: SqsOperation<DeleteMessageRequest, Nothing> = async ({ QueueUrl, ReceiptHandle }, { state, region }) => {
  const live = await state.queues.atUrl(QueueUrl, region);
  await removeMessages(state, live, [deletable(live, ReceiptHandle)]);
  return {};
};
