/** A queue's attributes as the rest of the code wants them: typed, with AWS's defaults. */
import { parseRedrivePolicy, type RedrivePolicy } from "./redrive-policy.ts";

/** Those that were set, by AWS's name, as text. */
export type QueueAttributes = Readonly<Record<string, string>>;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html */
export const defaultAttributes: QueueAttributes = {
  VisibilityTimeout: "30",
  MaximumMessageSize: "1048576",
  MessageRetentionPeriod: "345600",
  DelaySeconds: "0",
  ReceiveMessageWaitTimeSeconds: "0",
};

export const defaultFifoAttributes: QueueAttributes = {
  FifoQueue: "true",
  ContentBasedDeduplication: "false",
  DeduplicationScope: "queue",
  FifoThroughputLimit: "perQueue",
};

export interface QueueSettings {
  isFifo: boolean;
  visibilityMs: number;
  maximumMessageBytes: number;
  retentionMs: number;
  delayMs: number;
  waitSeconds: number;
  deduplicatesByContent: boolean;
  /** Duplicates are looked for within a group, not in the whole queue. */
  deduplicatesByGroup: boolean;
  redrive: RedrivePolicy | undefined;
}

export function readSettings(attributes: QueueAttributes): QueueSettings {
  const all: QueueAttributes = { ...defaultAttributes, ...attributes };
  const { RedrivePolicy: redrive } = attributes;
  return {
    isFifo: attributes["FifoQueue"] === "true",
    visibilityMs: Number(all["VisibilityTimeout"]) * 1_000,
    maximumMessageBytes: Number(all["MaximumMessageSize"]),
    retentionMs: Number(all["MessageRetentionPeriod"]) * 1_000,
    delayMs: Number(all["DelaySeconds"]) * 1_000,
    waitSeconds: Number(all["ReceiveMessageWaitTimeSeconds"]),
    deduplicatesByContent: attributes["ContentBasedDeduplication"] === "true",
    deduplicatesByGroup: attributes["DeduplicationScope"] === "messageGroup",
    redrive: redrive === undefined ? undefined : parseRedrivePolicy(redrive),
  };
}
