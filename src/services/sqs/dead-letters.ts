/** Exhausted messages go to the dead letter queue when somebody would receive them once more. */
import type { LiveQueue } from "./live-queue.ts";
import type { Entry } from "./order/entry.ts";
import { allowsRedriveFrom } from "./redrive-policy.ts";
import { relocate } from "./relocating.ts";
import type { SqsState } from "./state.ts";

/** Undefined if the queue has none, or none any more, or one that refuses: then its messages stay. */
export async function findDeadLetterQueue({ queues }: SqsState, { queue }: LiveQueue): Promise<LiveQueue | undefined> {
  const { redrive, isFifo } = queue.settings;
  if (redrive === undefined) return undefined;
  const target = await queues.atArn(redrive.deadLetterTargetArn);
  if (target === undefined || target.queue.id === queue.id || target.queue.settings.isFifo !== isFifo) return undefined;
  return allowsRedriveFrom(target.queue.attributes["RedriveAllowPolicy"], queue.arn) ? target : undefined;
}

/**
 * `entries` were taken from `source`. They keep message id, content and what they have been through; standard messages also the time they
 * were sent. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
 */
export async function moveToDeadLetters(state: SqsState, source: LiveQueue, target: LiveQueue, entries: readonly Entry[]): Promise<void> {
  const { clock, sequences, store } = state;
  const { arn, settings } = source.queue;
  await relocate({ messages: store.messages, sequences }, source, target, entries, (entry) => {
    const sentMs = settings.isFifo ? clock.now() : entry.sentMs;
    const earlierReceives = entry.earlierReceives + entry.receiveCount;
    return {
      entry: { sentMs, earlierReceives, deadLetterSource: arn },
      row: {
        sent_ms: sentMs,
        earlier_receives: earlierReceives,
        dead_letter_source: arn,
        // Two letters that shared a deduplication id are two letters:
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
        ...(settings.isFifo && { deduplication_id: entry.messageId }),
      },
    };
  });
}
