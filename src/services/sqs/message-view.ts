/** A message as a consumer sees it. */
import { hash } from "node:crypto";
import type { Message, ReceiveMessageRequest } from "@aws-sdk/client-sqs";
import { attributesMd5, readAttributes, selectAttributes } from "./message-attributes.ts";
import type { Entry } from "./order/entry.ts";
import { writeReceiptHandle } from "./receipt-handle.ts";
import { sequenceNumber } from "./sequences.ts";
import type { ContentRow } from "./store/messages.ts";

/** What of its attributes a receive wants to see. */
export type Wanted = Pick<ReceiveMessageRequest, "AttributeNames" | "MessageSystemAttributeNames" | "MessageAttributeNames">;

export function viewMessage(queueId: string, isFifo: boolean, entry: Entry, row: ContentRow, wanted: Wanted): Message {
  const system = systemAttributes(entry, row, isFifo, [...(wanted.AttributeNames ?? []), ...(wanted.MessageSystemAttributeNames ?? [])]);
  const attributes = selectAttributes(readAttributes(row.attributes), wanted.MessageAttributeNames ?? []);
  const md5OfAttributes = attributesMd5(attributes);
  return {
    MessageId: row.message_id,
    ReceiptHandle: writeReceiptHandle({ queueId, sequence: entry.sequence, nonce: entry.receipt! }),
    MD5OfBody: hash("md5", row.body, "hex"),
    Body: row.body,
    ...(Object.keys(system).length > 0 && { Attributes: system }),
    ...(md5OfAttributes !== undefined && { MD5OfMessageAttributes: md5OfAttributes, MessageAttributes: attributes }),
  };
}

function systemAttributes(entry: Entry, row: ContentRow, isFifo: boolean, wanted: readonly string[]): Record<string, string> {
  if (wanted.length === 0) return {};
  const all: Record<string, string | undefined> = {
    SenderId: row.sender_id,
    SentTimestamp: String(entry.sentMs),
    ApproximateReceiveCount: String(entry.earlierReceives + entry.receiveCount),
    ApproximateFirstReceiveTimestamp: String(entry.firstReceivedMs),
    SequenceNumber: isFifo ? sequenceNumber(entry.sequence) : undefined,
    MessageDeduplicationId: row.deduplication_id ?? undefined,
    MessageGroupId: row.group_id ?? undefined,
    AWSTraceHeader: row.trace_header ?? undefined,
    DeadLetterQueueSourceArn: entry.deadLetterSource,
  };
  const wantsAll = wanted.includes("All");
  const chosen: Record<string, string> = {};
  for (const [name, value] of Object.entries(all)) if (value !== undefined && (wantsAll || wanted.includes(name))) chosen[name] = value;
  return chosen;
}
