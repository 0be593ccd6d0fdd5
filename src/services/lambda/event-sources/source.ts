import type { CreateEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { invalidParameter } from "../errors.ts";

export type SourceKind = "sqs" | "sqs-fifo" | "kinesis" | "dynamodb" | "msk" | "self-managed-kafka" | "mq" | "documentdb";

export const isQueue = (kind: SourceKind): boolean => kind === "sqs" || kind === "sqs-fifo";
export const isStream = (kind: SourceKind): boolean => kind === "kinesis" || kind === "dynamodb";
export const isKafka = (kind: SourceKind): boolean => kind === "msk" || kind === "self-managed-kafka";

/** What the ARNs of each kind look like from the service on; a Kinesis stream may be read through one of its consumers. */
const arnForms: ReadonlyArray<[form: RegExp, kind: SourceKind]> = [
  [/^sqs:[^:]+:\d{12}:[\w-]+\.fifo$/, "sqs-fifo"],
  [/^sqs:[^:]+:\d{12}:[\w-]+$/, "sqs"],
  [/^kinesis:[^:]+:\d{12}:stream\/[\w.-]+(?:\/consumer\/[\w.-]+:\d+)?$/, "kinesis"],
  [/^dynamodb:[^:]+:\d{12}:table\/[\w.-]+\/stream\/.+$/, "dynamodb"],
  [/^kafka:[^:]+:\d{12}:(?:cluster|vpc-connection)\/.+$/, "msk"],
  [/^mq:[^:]+:\d{12}:broker:.+$/, "mq"],
  [/^rds:[^:]+:\d{12}:cluster:.+$/, "documentdb"],
];

/** The kind of source that a request names. Throws when it names none, or one that Lambda does not read. */
export function sourceKindOf({ EventSourceArn, SelfManagedEventSource }: Present<CreateEventSourceMappingRequest>): SourceKind {
  if (SelfManagedEventSource !== undefined && EventSourceArn === undefined) return "self-managed-kafka";
  const resource = EventSourceArn?.replace(/^arn:[^:]+:/, "") ?? "";
  const found = SelfManagedEventSource === undefined ? arnForms.find(([form]) => form.test(resource)) : undefined;
  if (found === undefined) throw invalidParameter("Unrecognized event source.");
  return found[1];
}
