/**
 * What the polling engine asks of a kind of event source, once per mapping that is enabled. The engine gathers records into batches, filters
 * and invokes; the source knows where records come from, how they look to the function, and what it means that they were processed.
 *
 * Queues (SQS, later Amazon MQ) hand out records in any order, many batches at a time, and take each back by itself: `QueueSource`, run by
 * queue-poller.ts. Streams (Kinesis, DynamoDB, Kafka, DocumentDB) are read in order, one batch after the other per shard; how they will
 * fit is told in docs/decisions/0008-polling-engine.md.
 */
import type { Principal } from "#wire/principal.ts";

/** One record of a batch. */
export interface SourceRecord {
  /** As the function calls it in `batchItemFailures`. */
  id: string;
  /** Its JSON among the `Records` of the event. */
  json: string;
  /** What filters look at. */
  filtered: unknown;
  /** X-Amzn-Trace-Id of who sent it. */
  traceHeader?: string;
}

export interface QueueSource<Item extends SourceRecord = SourceRecord> {
  /** Whether records that share a group must be processed one after the other. */
  readonly isOrdered: boolean;
  /** How many `receive` gives at most. */
  readonly largestReceive: number;
  /**
   * Up to `limit` records, those that are there. Waits for the first one for up to `waitMs`, or until `signal` aborts; then the list is
   * empty. Rejects with the error of the source's service.
   */
  receive(limit: number, waitMs: number, signal: AbortSignal, as: Principal): Promise<Item[]>;
  /** The records need not come again. Rejects if that could not be made sure. */
  remove(records: readonly Item[], as: Principal): Promise<void>;
  /** The records were not handed to the function after all, and may come again at once. */
  release(records: readonly Item[], as: Principal): Promise<void>;
  /** How long a received record stays hidden from others, in milliseconds: until then an invocation may be tried again. */
  hiddenMs(as: Principal): Promise<number>;
}
