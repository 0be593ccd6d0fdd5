/** The tables of this service, as its migrations make them, and the statements' common ground. */
import { queryBuilder } from "#storage/query-builder.ts";

export interface QueueRow {
  id: string;
  account_id: string;
  region: string;
  name: string;
  shelf_id: string;
  /** JSON of those that were set. */
  attributes: string;
  tags: string;
  created_ms: number;
  modified_ms: number;
  /** 0: never. */
  purged_ms: number;
}

/** How far a message has come. In the fresh lane `due_ms` is 0, so that it is ordered by sequence. */
export const lanes = { fresh: 0, delayed: 1, received: 2 } as const;

export interface MessageRow {
  sequence: number;
  shelf_id: string;
  lane: number;
  due_ms: number;
  message_id: string;
  body: string;
  attributes: string | null;
  trace_header: string | null;
  sender_id: string;
  group_id: string | null;
  deduplication_id: string | null;
  /** ARN of the queue that it was a dead letter of. */
  dead_letter_source: string | null;
  sent_ms: number;
  receive_count: number;
  /** Receives in queues that it came from as a dead letter. */
  earlier_receives: number;
  first_received_ms: number | null;
  received_ms: number | null;
  /** Nonce of the last receive. */
  receipt: string | null;
}

export interface DeduplicationRow {
  /** The queue, or the group within it. */
  scope: string;
  deduplication_id: string;
  message_id: string;
  sequence: number;
  expires_ms: number;
}

export interface MoveTaskRow {
  id: string;
  source_arn: string;
  destination_arn: string | null;
  messages_per_second: number | null;
  status: "RUNNING" | "COMPLETED" | "CANCELLED" | "FAILED";
  moved: number;
  to_move: number;
  failure_reason: string | null;
  started_ms: number;
}

export interface Tables {
  sqs_queues: QueueRow;
  sqs_deleted_queues: { account_id: string; region: string; name: string; deleted_ms: number };
  sqs_messages: MessageRow;
  sqs_discarded_shelves: { shelf_id: string; discarded_ms: number };
  sqs_deduplications: DeduplicationRow;
  sqs_move_tasks: MoveTaskRow;
}

export const sql = queryBuilder<Tables>();
