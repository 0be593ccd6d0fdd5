import type { DeleteMessageBatchRequest, DeleteMessageBatchResult } from "@aws-sdk/client-sqs";
import { batchResult, checkBatch, readEntries } from "../batch.ts";
import { deletable } from "../receipts.ts";
import { removeMessages } from "../removing.ts";
import type { SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html */
export const deleteMessageBatch: SqsOperation<DeleteMessageBatchRequest, DeleteMessageBatchResult> = async (input, { state, region }) => {
  const live = await state.queues.atUrl(input.QueueUrl, region);
  checkBatch(input.Entries, "DeleteMessageBatchRequestEntry");
  const { accepted, failed } = readEntries(input.Entries, ({ ReceiptHandle }) => deletable(live, ReceiptHandle));
  await removeMessages(
    state,
    live,
    accepted.map(({ value }) => value),
  );
  const successful = accepted.map(({ id }) => ({ Id: id }));
  return batchResult(successful, failed);
};
