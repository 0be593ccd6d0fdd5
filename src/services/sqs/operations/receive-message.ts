import type { ReceiveMessageRequest, ReceiveMessageResult } from "@aws-sdk/client-sqs";
import { invalidParameter, invalidValue } from "../errors.ts";
import { maxReceivedMessages, maxVisibilitySeconds, maxWaitSeconds } from "../limits.ts";
import { viewMessage } from "../message-view.ts";
import type { QueueSettings } from "../queue-settings.ts";
import { receiveMessages } from "../receiving.ts";
import type { SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
export const receiveMessage: SqsOperation<ReceiveMessageRequest, ReceiveMessageResult> = async (input, { state, region, signal }) => {
  const live = await state.queues.atUrl(input.QueueUrl, region);
  const { id, settings } = live.queue;
  const entries = await receiveMessages(state, live, readRequest(input, settings), signal);
  if (entries.length === 0) return {};
  const contents = await state.store.messages.contents(entries.map(({ sequence }) => sequence));
  const messages = entries.flatMap((entry) => {
    // Deleted this very moment, by an older receipt handle.
    const content = contents.get(entry.sequence);
    return content === undefined ? [] : [viewMessage(id, settings.isFifo, entry, content, input)];
  });
  return { Messages: messages };
};

function readRequest(input: ReceiveMessageRequest, settings: QueueSettings) {
  const { MaxNumberOfMessages: limit = 1, VisibilityTimeout, WaitTimeSeconds = settings.waitSeconds, ReceiveRequestAttemptId } = input;
  if (limit < 1 || limit > maxReceivedMessages) {
    throw invalidValue(limit, "MaxNumberOfMessages", `Must be between 1 and ${maxReceivedMessages}, if provided.`);
  }
  if (VisibilityTimeout !== undefined && (VisibilityTimeout < 0 || VisibilityTimeout > maxVisibilitySeconds)) {
    throw invalidValue(VisibilityTimeout, "VisibilityTimeout", `Must be >= 0 and <= ${maxVisibilitySeconds}, if provided.`);
  }
  if (WaitTimeSeconds < 0 || WaitTimeSeconds > maxWaitSeconds) {
    throw invalidValue(WaitTimeSeconds, "WaitTimeSeconds", `Must be >= 0 and <= ${maxWaitSeconds}, if provided.`);
  }
  if (ReceiveRequestAttemptId !== undefined && ReceiveRequestAttemptId.length > 128) {
    throw invalidParameter("ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length.");
  }
  return {
    limit,
    visibilityMs: VisibilityTimeout === undefined ? settings.visibilityMs : VisibilityTimeout * 1_000,
    waitMs: WaitTimeSeconds * 1_000,
    attemptId: ReceiveRequestAttemptId,
  };
}
