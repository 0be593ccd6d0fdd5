/** What is checked of a queue's redrive policy against the queues that there are. */
import { invalidValue } from "./errors.ts";
import { addressOfArn, isFifoName, type QueueAddress, queueArn } from "./queue-address.ts";
import type { QueueAttributes } from "./queue-settings.ts";
import { type Queue, queueOf } from "./queue.ts";
import { allowsRedriveFrom, parseRedrivePolicy } from "./redrive-policy.ts";
import type { SqsState } from "./state.ts";

/** Throws InvalidParameterValue. */
export async function checkRedrive({ queues }: SqsState, address: QueueAddress, attributes: QueueAttributes): Promise<void> {
  const text = attributes["RedrivePolicy"];
  if (text === undefined) return;
  const refuse = (reason: string): Error => invalidValue(text, "RedrivePolicy", reason);
  const { deadLetterTargetArn } = parseRedrivePolicy(text);
  const target = addressOfArn(deadLetterTargetArn)!;
  if (target.accountId !== address.accountId) throw refuse("Dead letter target owner should be same as the source.");
  if (target.region !== address.region) throw refuse("Dead letter target region should be same as the source.");
  const live = await queues.find(target);
  if (live === undefined) throw refuse("Dead letter target does not exist.");
  if (isFifoName(target.name) !== isFifoName(address.name)) throw refuse("Dead-letter queue must be same type of queue as the source.");
  if (!allowsRedriveFrom(live.queue.attributes["RedriveAllowPolicy"], queueArn(address))) {
    throw refuse("Dead letter target does not allow this queue as a source.");
  }
}

/** Names of the queues whose dead letters go to this one, sorted. */
export async function deadLetterSources({ store }: SqsState, { address, arn }: Queue): Promise<string[]> {
  const rows = await store.queues.all(address);
  return rows.filter((row) => queueOf(row).settings.redrive?.deadLetterTargetArn === arn).map(({ name }) => name);
}
