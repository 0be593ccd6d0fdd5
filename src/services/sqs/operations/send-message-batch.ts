import type { SendMessageBatchRequest, SendMessageBatchResult, SendMessageBatchResultEntry } from "@aws-sdk/client-sqs";
import { AwsError } from "#wire/errors.ts";
import { batchResult, checkBatch, readEntries } from "../batch.ts";
import { invalidParameter } from "../errors.ts";
import { maxMessageBytes } from "../limits.ts";
import { checkOrdering, readMessage } from "../message.ts";
import { sendMessages } from "../sending.ts";
import type { SqsOperation } from "../state.ts";
import { answerOf } from "./send-message.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
export const sendMessageBatch: SqsOperation<SendMessageBatchRequest, SendMessageBatchResult> = async (input, context) => {
  const { state, region } = context;
  const live = await state.queues.atUrl(input.QueueUrl, region);
  const { settings } = live.queue;
  checkBatch(input.Entries, "SendMessageBatchRequestEntry");
  for (const entry of input.Entries) checkEntryOrdering(() => checkOrdering(entry, settings));
  const { accepted, failed } = readEntries(input.Entries, (entry) => readMessage(entry, settings));
  // Only the batch as a whole is measured, the queue's own maximum is not: recorded by localstack.
  const totalBytes = accepted.reduce((sum, { value }) => sum + value.sizeBytes, 0);
  if (totalBytes > maxMessageBytes) {
    throw new AwsError(
      "BatchRequestTooLong",
      `Batch requests cannot be longer than ${maxMessageBytes} bytes. You have sent ${totalBytes} bytes.`,
    );
  }
  const messages = accepted.map(({ value }) => value);
  const sent = messages.length === 0 ? [] : await sendMessages(state, live, messages, context);
  const successful = accepted.map(({ id, value }, index) => ({ Id: id, ...answerOf(value, sent[index]!, settings.isFifo) }));
  return batchResult<SendMessageBatchResultEntry>(successful, failed);
};

/** In a batch a missing group id has another code than alone: recorded by localstack. */
function checkEntryOrdering(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw error instanceof AwsError && error.code === "MissingRequiredParameterException" ? invalidParameter(error.message) : error;
  }
}
