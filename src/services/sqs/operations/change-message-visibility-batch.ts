import type { ChangeMessageVisibilityBatchRequest, ChangeMessageVisibilityBatchResult } from "@aws-sdk/client-sqs";
import { batchResult, checkBatch, readEntries } from "../batch.ts";
import { hideable } from "../receipts.ts";
import { hide } from "../receiving.ts";
import type { SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html */
export const changeMessageVisibilityBatch: SqsOperation<ChangeMessageVisibilityBatchRequest, ChangeMessageVisibilityBatchResult> = async (
  input,
  { state, region },
) => {
  const live = await state.queues.atUrl(input.QueueUrl, region);
  checkBatch(input.Entries, "ChangeMessageVisibilityBatchRequestEntry");
  const nowMs = state.clock.now();
  const { accepted, failed } = readEntries(input.Entries, ({ ReceiptHandle, VisibilityTimeout: seconds }) => {
    const visibilitySeconds = seconds ?? live.queue.settings.visibilityMs / 1_000;
    return { entry: hideable(live, ReceiptHandle, visibilitySeconds, nowMs), dueMs: nowMs + visibilitySeconds * 1_000 };
  });
  await Promise.all(accepted.map(({ value: { entry, dueMs } }) => hide(state, live, [entry], dueMs)));
  const successful = accepted.map(({ id }) => ({ Id: id }));
  return batchResult(successful, failed);
};
