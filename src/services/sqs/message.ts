/** A message on its way in: what is refused, and what it becomes. Pure. */
import { hash } from "node:crypto";
import type { SendMessageRequest } from "@aws-sdk/client-sqs";
import { AwsError } from "#wire/errors.ts";
import type { Present } from "#wire/operation.ts";
import { invalidParameter, invalidValue, missingParameter } from "./errors.ts";
import { maxDelaySeconds } from "./limits.ts";
import { attributesBytes, checkMessageAttributes, type MessageAttributes } from "./message-attributes.ts";
import { isPlainText } from "./message-text.ts";
import type { QueueSettings } from "./queue-settings.ts";

/** What a single send and an entry of a batch have in common. */
export type Draft = Omit<Present<SendMessageRequest>, "QueueUrl">;

export interface NewMessage {
  body: string;
  attributes: MessageAttributes;
  systemAttributes: MessageAttributes;
  /** Seconds; undefined: as the queue has it. */
  delaySeconds: number | undefined;
  groupId: string | undefined;
  /** What makes it a duplicate of another in its FIFO queue. */
  deduplicationId: string | undefined;
  sizeBytes: number;
}

/** Group and deduplication ids: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const idPattern = /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;

export function readMessage(draft: Draft, settings: QueueSettings): NewMessage {
  const { MessageBody: body, MessageAttributes: attributes = {}, MessageSystemAttributes: systemAttributes = {} } = draft;
  if (body === undefined || body === "") throw missingParameter("MessageBody");
  if (!isPlainText(body)) {
    throw new AwsError(
      "InvalidMessageContents",
      "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
    );
  }
  checkMessageAttributes(attributes, "user");
  checkMessageAttributes(systemAttributes, "system");
  checkSystemNames(systemAttributes);
  return {
    body,
    attributes,
    systemAttributes,
    delaySeconds: readDelay(draft, settings),
    groupId: draft.MessageGroupId,
    deduplicationId: settings.isFifo ? (draft.MessageDeduplicationId ?? hash("sha256", body, "hex")) : undefined,
    // System attributes do not count: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    sizeBytes: Buffer.byteLength(body) + attributesBytes(attributes),
  };
}

function checkSystemNames(systemAttributes: MessageAttributes): void {
  for (const [name, { DataType }] of Object.entries(systemAttributes)) {
    if (name !== "AWSTraceHeader") throw invalidParameter(`Message system attribute name '${name}' is invalid.`);
    if (DataType !== "String") throw invalidParameter("Message (system) attribute 'AWSTraceHeader' must be of type 'String'.");
  }
}

function readDelay({ DelaySeconds: delay }: Draft, { isFifo }: QueueSettings): number | undefined {
  if (delay === undefined) return undefined;
  if (isFifo && delay !== 0)
    throw invalidValue(delay, "DelaySeconds", "The request include parameter that is not valid for this queue type.");
  if (delay < 0 || delay > maxDelaySeconds)
    throw invalidValue(delay, "DelaySeconds", `DelaySeconds must be >= 0 and <= ${maxDelaySeconds}.`);
  return isFifo ? undefined : delay;
}

/** Group and deduplication: AWS refuses a whole batch for what is wrong here in one of its entries. */
export function checkOrdering({ MessageGroupId, MessageDeduplicationId }: Draft, settings: QueueSettings): void {
  const { isFifo } = settings;
  if (isFifo && MessageGroupId === undefined) throw missingParameter("MessageGroupId");
  if (MessageGroupId !== undefined) checkId(MessageGroupId, "MessageGroupId");
  if (MessageDeduplicationId !== undefined) {
    if (!isFifo)
      throw invalidValue(
        MessageDeduplicationId,
        "MessageDeduplicationId",
        "The request includes a parameter that is not valid for this queue type",
      );
    checkId(MessageDeduplicationId, "MessageDeduplicationId");
  } else if (isFifo && !settings.deduplicatesByContent) {
    throw invalidParameter("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
  }
}

function checkId(id: string, name: string): void {
  if (idPattern.test(id)) return;
  throw invalidValue(id, name, `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`);
}

export function checkSize({ sizeBytes }: NewMessage, maximumBytes: number): void {
  if (sizeBytes > maximumBytes)
    throw invalidParameter(`One or more parameters are invalid. Reason: Message must be shorter than ${maximumBytes} bytes.`);
}
