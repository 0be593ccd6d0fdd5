/** A queue's attributes as GetQueueAttributes shows them. */
import { unknownAttribute } from "./errors.ts";
import type { MessageCounts } from "./live-queue.ts";
import type { Queue } from "./queue.ts";
import { defaultAttributes, defaultFifoAttributes, type QueueAttributes } from "./queue-settings.ts";

const seconds = (timeMs: number): string => String(Math.floor(timeMs / 1_000));

/** Those that were set, and the defaults of the others. */
export const shownAttributes = ({ attributes, settings }: Pick<Queue, "attributes" | "settings">): QueueAttributes => ({
  ...defaultAttributes,
  ...(settings.isFifo && defaultFifoAttributes),
  SqsManagedSseEnabled: "true",
  ...(attributes["KmsMasterKeyId"] !== undefined && { KmsDataKeyReusePeriodSeconds: "300" }),
  ...attributes,
});

const countNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"];
const otherNames = [
  "All",
  "QueueArn",
  "CreatedTimestamp",
  "LastModifiedTimestamp",
  "Policy",
  "RedrivePolicy",
  "RedriveAllowPolicy",
  "KmsMasterKeyId",
  "KmsDataKeyReusePeriodSeconds",
  "SqsManagedSseEnabled",
];
const knownNames = new Set([...countNames, ...otherNames, ...Object.keys(defaultAttributes), ...Object.keys(defaultFifoAttributes)]);

/** Throws InvalidAttributeName. */
export function checkAttributeNames(names: readonly string[]): void {
  for (const name of names) if (!knownNames.has(name)) throw unknownAttribute(name);
}

export const wantsCounts = (names: readonly string[]): boolean => names.some((name) => name === "All" || countNames.includes(name));

/** Those of the wanted ones that the queue has. */
export function viewQueue(queue: Queue, counts: MessageCounts | undefined, wanted: readonly string[]): Record<string, string> {
  const all: QueueAttributes = {
    QueueArn: queue.arn,
    ...(counts && {
      ApproximateNumberOfMessages: String(counts.visible),
      ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
      ApproximateNumberOfMessagesDelayed: String(counts.delayed),
    }),
    CreatedTimestamp: seconds(queue.createdMs),
    LastModifiedTimestamp: seconds(queue.modifiedMs),
    ...shownAttributes(queue),
  };
  if (wanted.includes("All")) return { ...all };
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.includes(name)));
}
