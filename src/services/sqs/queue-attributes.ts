/**
 * The attributes of queues that clients set: which there are, which values they take, how they are kept.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
import { AwsError } from "#wire/errors.ts";
import { invalidAttributeValue, unknownAttribute } from "./errors.ts";
import type { QueueAttributes } from "./queue-settings.ts";
import { parseRedriveAllowPolicy, parseRedrivePolicy } from "./redrive-policy.ts";

interface Attribute {
  isForFifo?: true;
  /** The value as it is kept and shown. Throws what refuses it. */
  read(value: string, name: string): string;
}

const numberBetween =
  (min: number, max: number) =>
  (value: string, name: string): string => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) throw invalidAttributeValue(name);
    return String(number);
  };

const oneOf =
  (...values: string[]) =>
  (value: string, name: string): string => {
    const found = values.find((each) => each.toLowerCase() === value.toLowerCase());
    if (found === undefined) throw invalidAttributeValue(name);
    return found;
  };

const json = (value: string, name: string): string => {
  try {
    const document: unknown = JSON.parse(value);
    if (typeof document !== "object" || document === null || Array.isArray(document)) throw new Error("not an object");
    return JSON.stringify(document);
  } catch {
    throw invalidAttributeValue(name);
  }
};

/** The statements of a policy are edited one by one: permissions.ts. */
const policy = (value: string, name: string): string => {
  const text = json(value, name);
  const { Statement = [] } = JSON.parse(text) as { Statement?: unknown };
  const statements: unknown[] = Array.isArray(Statement) ? Statement : [Statement];
  if (statements.some((each) => typeof each !== "object" || each === null || Array.isArray(each))) throw invalidAttributeValue(name);
  return text;
};

const table: Readonly<Record<string, Attribute>> = {
  DelaySeconds: { read: numberBetween(0, 900) },
  MaximumMessageSize: { read: numberBetween(1_024, 1_048_576) },
  MessageRetentionPeriod: { read: numberBetween(60, 1_209_600) },
  ReceiveMessageWaitTimeSeconds: { read: numberBetween(0, 20) },
  VisibilityTimeout: { read: numberBetween(0, 43_200) },
  Policy: { read: policy },
  RedrivePolicy: { read: (value) => JSON.stringify(parseRedrivePolicy(value)) },
  RedriveAllowPolicy: { read: (value) => JSON.stringify(parseRedriveAllowPolicy(value)) },
  KmsMasterKeyId: { read: (value) => value },
  KmsDataKeyReusePeriodSeconds: { read: numberBetween(60, 86_400) },
  SqsManagedSseEnabled: { read: oneOf("true", "false") },
  FifoQueue: { isForFifo: true, read: oneOf("true", "false") },
  ContentBasedDeduplication: { isForFifo: true, read: oneOf("true", "false") },
  DeduplicationScope: { isForFifo: true, read: oneOf("messageGroup", "queue") },
  FifoThroughputLimit: { isForFifo: true, read: oneOf("perQueue", "perMessageGroupId") },
};

/** An empty value takes these away. */
const removable = new Set(["Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"]);

/** The attributes of a queue that had `before` after these were set. Throws InvalidAttributeName, InvalidAttributeValue. */
export function changeAttributes(before: QueueAttributes, change: QueueAttributes, isFifo: boolean): QueueAttributes {
  const after: Record<string, string> = { ...before };
  for (const [name, value] of Object.entries(change)) {
    const attribute = Object.hasOwn(table, name) ? table[name]! : undefined;
    // FifoQueue=false is unknown even to CreateQueue: recorded by localstack.
    if (attribute === undefined || (attribute.isForFifo && !isFifo)) throw unknownAttribute(name);
    if (value === "" && removable.has(name)) delete after[name];
    else after[name] = attribute.read(value, name);
  }
  reconcileEncryption(after, change);
  if (after["FifoThroughputLimit"] === "perMessageGroupId" && after["DeduplicationScope"] !== "messageGroup") {
    throw invalidAttributeValue("FifoThroughputLimit", "DeduplicationScope must be messageGroup for perMessageGroupId.");
  }
  return after;
}

/** A queue is encrypted with a key of KMS or with one of SQS; the one that was set last holds. Recorded by localstack. */
function reconcileEncryption(after: Record<string, string>, change: QueueAttributes): void {
  const setsKms = (change["KmsMasterKeyId"] ?? "") !== "";
  const setsOwn = change["SqsManagedSseEnabled"]?.toLowerCase() === "true";
  if ((setsKms && setsOwn) || (setsOwn && after["KmsMasterKeyId"] !== undefined)) {
    throw new AwsError(
      "InvalidAttributeName",
      "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
    );
  }
  if (setsKms) after["SqsManagedSseEnabled"] = "false";
  if (after["KmsMasterKeyId"] === undefined) delete after["KmsDataKeyReusePeriodSeconds"];
}

/** The first attribute in which a queue, `shown` with its defaults, differs from what CreateQueue asks for; undefined: it is that queue. */
export const firstDifference = (shown: QueueAttributes, asked: QueueAttributes): string | undefined =>
  Object.keys(asked).find((name) => asked[name] !== shown[name]);
