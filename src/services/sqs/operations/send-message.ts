import { hash } from "node:crypto";
import type { SendMessageBatchResultEntry, SendMessageRequest, SendMessageResult } from "@aws-sdk/client-sqs";
import { checkOrdering, checkSize, type NewMessage, readMessage } from "../message.ts";
import { attributesMd5 } from "../message-attributes.ts";
import { type Sent, sendMessages } from "../sending.ts";
import { sequenceNumber } from "../sequences.ts";
import type { SqsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
export const sendMessage: SqsOperation<SendMessageRequest, SendMessageResult> = async (input, context) => {
  const { state, region } = context;
  const live = await state.queues.atUrl(input.QueueUrl, region);
  const { settings } = live.queue;
  checkOrdering(input, settings);
  const message = readMessage(input, settings);
  checkSize(message, settings.maximumMessageBytes);
  const [sent] = await sendMessages(state, live, [message], context);
  return answerOf(message, sent!, settings.isFifo);
};

/** What the sender learns; SendMessageBatch says the same of each entry. */
export function answerOf(
  { body, attributes, systemAttributes }: NewMessage,
  { messageId, sequence }: Sent,
  isFifo: boolean,
): Omit<SendMessageBatchResultEntry, "Id"> {
  const md5OfAttributes = attributesMd5(attributes);
  const md5OfSystemAttributes = attributesMd5(systemAttributes);
  return {
    MessageId: messageId,
    MD5OfMessageBody: hash("md5", body, "hex"),
    ...(md5OfAttributes !== undefined && { MD5OfMessageAttributes: md5OfAttributes }),
    ...(md5OfSystemAttributes !== undefined && { MD5OfMessageSystemAttributes: md5OfSystemAttributes }),
    ...(isFifo && { SequenceNumber: sequenceNumber(sequence) }),
  };
}
