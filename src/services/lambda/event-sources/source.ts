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

/** What another service knows of an event source: `unknown` where nobody can tell. */
export type SourceStatus = "exists" | "missing" | "unknown";

/** The port to the services whose queues and streams are read. */
export interface EventSources {
  status(sourceArn: string): Promise<SourceStatus> | SourceStatus;
}

/** DIVERGES: until the sources' services are served, every well-formed ARN passes. */
export const unknownEventSources: EventSources = { status: () => "unknown" };

/** Throws AWS's errors when a source is known not to be there. */
export async function checkSourceExists(sources: EventSources, kind: SourceKind, sourceArn: string | undefined): Promise<void> {
  if (sourceArn === undefined || (await sources.status(sourceArn)) !== "missing") return;
  throw invalidParameter(
    isQueue(kind)
      ? "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist."
      : `Stream not found: ${sourceArn}`,
  );
}
