/** A message as the index in memory knows it: everything but its content. */
import type { IndexedRow } from "../store/messages.ts";

export interface Entry {
  /** Also its key on disk; grows with every message, over all queues. */
  readonly sequence: number;
  readonly messageId: string;
  readonly groupId: string | undefined;
  /** ARN of the queue that it was a dead letter of. */
  readonly deadLetterSource: string | undefined;
  sentMs: number;
  /** In flight: when it comes back. */
  dueMs: number;
  receiveCount: number;
  /** Receives in queues that it came from as a dead letter. */
  readonly earlierReceives: number;
  firstReceivedMs: number | undefined;
  receivedMs: number;
  /** Nonce of the last receive. */
  receipt: string | undefined;
  /** `leaving`: on its way to another queue. */
  place: "ready" | "in flight" | "leaving" | "gone";
  /** Where it stands on disk: `lanes` in store/tables.ts. */
  lane: number;
}

export const entryOf = (row: IndexedRow): Entry => ({
  sequence: row.sequence,
  messageId: row.message_id,
  groupId: row.group_id ?? undefined,
  deadLetterSource: row.dead_letter_source ?? undefined,
  sentMs: row.sent_ms,
  dueMs: row.due_ms,
  receiveCount: row.receive_count,
  earlierReceives: row.earlier_receives,
  firstReceivedMs: row.first_received_ms ?? undefined,
  receivedMs: row.received_ms ?? 0,
  receipt: row.receipt ?? undefined,
  place: "ready",
  lane: row.lane,
});
