/**
 * Dead letters: where a queue's exhausted messages go, and which queues a dead letter queue takes them from.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
import { invalidValue } from "./errors.ts";
import { addressOfArn } from "./queue-address.ts";

export interface RedrivePolicy {
  deadLetterTargetArn: string;
  /** Receives that a message survives. */
  maxReceiveCount: number;
}

const maxReceiveCounts = 1_000;
const maxSourceQueues = 10;

const parseObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

/** Throws InvalidParameterValue. Numbers may come as text; AWS answers with numbers. */
export function parseRedrivePolicy(text: string): RedrivePolicy {
  const refuse = (reason: string): Error => invalidValue(text, "RedrivePolicy", reason);
  const policy = parseObject(text);
  if (policy === undefined) throw refuse("Redrive policy is not a valid JSON map.");
  const { deadLetterTargetArn, maxReceiveCount } = policy;
  if (deadLetterTargetArn === undefined) throw refuse("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  if (maxReceiveCount === undefined) throw refuse("Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  const count = typeof maxReceiveCount === "string" && maxReceiveCount !== "" ? Number(maxReceiveCount) : maxReceiveCount;
  if (typeof count !== "number" || !Number.isInteger(count) || count < 1 || count > maxReceiveCounts) {
    throw refuse(
      `Invalid value for maxReceiveCount: ${JSON.stringify(maxReceiveCount)}, valid values are from 1 to ${maxReceiveCounts} both inclusive.`,
    );
  }
  if (typeof deadLetterTargetArn !== "string" || addressOfArn(deadLetterTargetArn) === undefined) {
    throw refuse("Invalid value for deadLetterTargetArn.");
  }
  return { deadLetterTargetArn, maxReceiveCount: count };
}

export interface RedriveAllowPolicy {
  redrivePermission: "allowAll" | "denyAll" | "byQueue";
  sourceQueueArns?: string[];
}

/** Throws InvalidParameterValue. */
export function parseRedriveAllowPolicy(text: string): RedriveAllowPolicy {
  const refuse = (reason: string): Error => invalidValue(text, "RedriveAllowPolicy", reason);
  const policy = parseObject(text);
  if (policy === undefined) throw refuse("Redrive allow policy is not a valid JSON map.");
  const { redrivePermission, sourceQueueArns } = policy;
  if (redrivePermission !== "allowAll" && redrivePermission !== "denyAll" && redrivePermission !== "byQueue") {
    throw refuse("Invalid value for redrivePermission.");
  }
  if (redrivePermission !== "byQueue") {
    if (sourceQueueArns !== undefined) throw refuse("sourceQueueArns can only be specified when redrivePermission is byQueue.");
    return { redrivePermission };
  }
  const isList = Array.isArray(sourceQueueArns) && sourceQueueArns.length > 0 && sourceQueueArns.length <= maxSourceQueues;
  if (!isList || !sourceQueueArns.every((arn) => typeof arn === "string" && addressOfArn(arn) !== undefined)) {
    throw refuse(`sourceQueueArns must hold between 1 and ${maxSourceQueues} ARNs of queues.`);
  }
  return { redrivePermission, sourceQueueArns: sourceQueueArns as string[] };
}

/** May this queue send its dead letters to one with this RedriveAllowPolicy? */
export function allowsRedriveFrom(policy: string | undefined, sourceArn: string): boolean {
  if (policy === undefined) return true;
  const { redrivePermission, sourceQueueArns = [] } = parseRedriveAllowPolicy(policy);
  return redrivePermission === "allowAll" || (redrivePermission === "byQueue" && sourceQueueArns.includes(sourceArn));
}
