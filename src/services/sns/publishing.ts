/** How a message is accepted: who of the topic's subscribers gets it is decided, and kept with it, before the publisher has his answer. */
import type { PublishBatchRequestEntry, PublishInput } from "@aws-sdk/client-sns";
import { RowCountMismatch } from "#storage/database.ts";
import { invalidParameter, noSuchTopic } from "./errors.ts";
import { deduplicationMs, publishAttempts } from "./limits.ts";
import { bodyFor, contentDigest, type Message, readContent } from "./message.ts";
import { isRunning } from "./replay-policy.ts";
import type { SnsState } from "./state.ts";
import { archived, archiveIsAsRead } from "./store/archive.ts";
import { type Deduplication, keepMessage } from "./store/deliveries.ts";
import type { DeliveryRow } from "./store/tables.ts";
import { filterScopeOf, isLive, type Subscription } from "./subscription.ts";
import { isFifo, type Topic } from "./topic.ts";

export interface Accepted {
  MessageId: string;
  SequenceNumber?: string;
}

type Entry = Pick<
  PublishInput | PublishBatchRequestEntry,
  "Message" | "Subject" | "MessageStructure" | "MessageAttributes" | "MessageGroupId" | "MessageDeduplicationId"
>;

/** A message that nothing is wrong with, before it is accepted. */
export type Draft = Pick<Message, "bodies" | "attributes" | "subject" | "groupId" | "deduplicationId"> & { sizeBytes: number };

/** Throws AWS's errors. */
export function draftFor(topic: Topic, entry: Entry): Draft {
  const content = readContent(entry);
  const { MessageGroupId, MessageDeduplicationId } = entry;
  if (!isFifo(topic)) {
    if (MessageDeduplicationId !== undefined) {
      throw invalidParameter(
        "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
      );
    }
    checkId("MessageGroupId", MessageGroupId);
    return { ...content, ...(MessageGroupId !== undefined && { groupId: MessageGroupId }) };
  }
  if (MessageGroupId === undefined) throw invalidParameter("The MessageGroupId parameter is required for FIFO topics");
  const isByContent = topic.attributes.ContentBasedDeduplication === "true";
  if (MessageDeduplicationId === undefined && !isByContent) {
    throw invalidParameter("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
  }
  checkId("MessageGroupId", MessageGroupId);
  checkId("MessageDeduplicationId", MessageDeduplicationId);
  return { ...content, groupId: MessageGroupId, deduplicationId: MessageDeduplicationId ?? contentDigest(entry.Message!) };
}

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
function checkId(member: string, id: string | undefined): void {
  if (id === undefined || /^[\x21-\x7e]{1,128}$/.test(id)) return;
  throw invalidParameter(`${member} Reason: ${member} can only include alphanumeric and punctuation characters. 1 to 128 in length`);
}

/** Resolves when the message is on disk with all its deliveries. Throws NotFound if the topic has gone meanwhile. */
export async function accept(state: SnsState, topic: Topic, draft: Draft, traceHeader: string | undefined): Promise<Accepted> {
  let current: Topic | undefined = topic;
  for (let attempt = 1; ; attempt++) {
    try {
      return await acceptOnce(state, current, draft, traceHeader);
    } catch (error) {
      if (!(error instanceof RowCountMismatch) || attempt === publishAttempts) throw error;
      current = await state.topics.find(topic.arn);
      if (current === undefined) throw noSuchTopic();
    }
  }
}

/** Rejects with RowCountMismatch if an archive or a replay has begun or ended since the topic was read. */
async function acceptOnce(state: SnsState, topic: Topic, draft: Draft, traceHeader: string | undefined): Promise<Accepted> {
  const subscribers = await state.subscriptions.confirmedOf(topic.arn);
  // From here to the write nothing waits, so that messages of a group are kept in the order of their numbers.
  const nowMs = state.clock.now();
  const { sizeBytes: _, ...content } = draft;
  const sequence = state.sequences.next(nowMs);
  const message: Message = {
    id: state.ids.uuid(),
    topicArn: topic.arn,
    type: "Notification",
    publishedMs: nowMs,
    ...content,
    ...(isFifo(topic) && { sequenceNumber: sequence }),
    ...(traceHeader !== undefined && { traceHeader }),
  };
  const isArchived = topic.archivedSinceMs !== undefined;
  const isReplayed = subscribers.some(({ replay }) => isRunning(replay));
  const rows = subscribers
    .filter(isLive)
    .filter((subscription) => wants(state, subscription, message))
    .map((one) => deliveryRow(state, message, one, sequence));
  const statements = [
    ...(isArchived || isReplayed ? [archiveIsAsRead(topic)] : []),
    ...(isArchived ? [archived(message)] : []),
    ...(rows.length === 0 ? [] : keepMessage(message, rows)),
  ];
  const first = await state.deliveries.accept(statements, deduplicationOf(topic, message, nowMs), message, nowMs);
  if (first !== undefined) return { MessageId: first.id, SequenceNumber: first.sequenceNumber };
  if (rows.length > 0) state.deliveryBell.ring();
  if (isReplayed) state.replayBell.ring();
  return { MessageId: message.id, ...(message.sequenceNumber !== undefined && { SequenceNumber: message.sequenceNumber }) };
}

export function wants({ filters }: SnsState, { attributes, protocol }: Subscription, message: Message): boolean {
  const content = { body: bodyFor(message, protocol), attributes: message.attributes };
  return filters.accepts(attributes.FilterPolicy, filterScopeOf(attributes), content);
}

function deduplicationOf(topic: Topic, { deduplicationId, groupId }: Message, nowMs: number): Deduplication | undefined {
  if (!isFifo(topic)) return undefined;
  const scope = topic.attributes.FifoThroughputScope === "MessageGroup" ? groupId! : "";
  return { topicArn: topic.arn, scope, id: deduplicationId!, expiresMs: nowMs + deduplicationMs };
}

/** Deliveries of a FIFO topic wait for those before them in their group. */
export function deliveryRow(
  { ids, clock }: Pick<SnsState, "ids" | "clock">,
  message: Message,
  { arn }: Pick<Subscription, "arn">,
  sequence: string,
): DeliveryRow {
  const id = ids.uuid();
  const lane = message.sequenceNumber === undefined ? id : `${arn} ${message.groupId}`;
  return { id, message_id: message.id, subscription_arn: arn, lane, sequence, attempt: 0, due_ms: clock.now() };
}
