import type { Clock } from "#kit/clock.ts";
import type { Principal } from "#wire/principal.ts";
import { synchronousPayloadBytes } from "../../limits.ts";
import type { QueueSource, SourceRecord } from "./source.ts";

/** How long an empty queue is waited at; the longest that SQS allows. */
const longestWaitMs = 20_000;

/** Requests that read a backlog at one time: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
export const readers = 5;

/** The event around the records: `{"Records":[…]}`, generously. */
const envelopeBytes = 64;

export interface Batch<Item extends SourceRecord> {
  records: Item[];
  /** When the first of them was received, in epoch milliseconds. */
  receivedMs: number;
  /** Whether there was as much as was asked for, and so probably more. */
  isFull: boolean;
}

/**
 * Waits for a first record, then gathers until the batch is full or its window over; the batch may be empty. Bounded by what an event may
 * weigh, too: "payload limit (6 MB)". https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching
 */
export async function gather<Item extends SourceRecord>(
  source: QueueSource<Item>,
  { batchSize, windowMs }: { batchSize: number; windowMs: number },
  clock: Clock,
  signal: AbortSignal,
  as: Principal,
): Promise<Batch<Item>> {
  const { largestReceive } = source;
  const records = await source.receive(Math.min(batchSize, largestReceive), longestWaitMs, signal, as);
  const receivedMs = clock.now();
  let bytes = weightOf(records);
  let hasMore = records.length === largestReceive;
  while (records.length > 0 && records.length < batchSize && bytes < synchronousPayloadBytes) {
    const leftMs = receivedMs + windowMs - clock.now();
    if (leftMs <= 0 || signal.aborted) break;
    const limit = batchSize - records.length;
    const receiving = hasMore
      ? receiveAtOnce(source, limit, signal, as)
      : receiveWithin(source, Math.min(limit, largestReceive), leftMs, clock, signal, as);
    // What is there already is not given up; the next batch will meet the error.
    const more = await receiving.catch(() => none);
    if (more === none) break;
    hasMore = more.length >= Math.min(limit, largestReceive);
    records.push(...more);
    bytes += weightOf(more);
  }
  return { records, receivedMs, isFull: records.length >= Math.min(batchSize, windowMs === 0 ? largestReceive : batchSize) };
}

/** From a backlog: several requests side by side, none of which waits. */
async function receiveAtOnce<Item extends SourceRecord>(
  source: QueueSource<Item>,
  limit: number,
  signal: AbortSignal,
  as: Principal,
): Promise<Item[]> {
  const requests: Array<Promise<Item[]>> = [];
  for (let left = limit; left > 0 && requests.length < readers; left -= source.largestReceive)
    requests.push(source.receive(Math.min(left, source.largestReceive), 0, signal, as));
  return (await Promise.all(requests)).flat();
}

/** Sources wait for whole seconds; windows end in between. */
async function receiveWithin<Item extends SourceRecord>(
  source: QueueSource<Item>,
  limit: number,
  waitMs: number,
  clock: Clock,
  signal: AbortSignal,
  as: Principal,
): Promise<Item[]> {
  const ending = new AbortController();
  const timer = clock.after(waitMs, () => ending.abort());
  try {
    return await source.receive(limit, Math.min(waitMs, longestWaitMs), AbortSignal.any([signal, ending.signal]), as);
  } finally {
    timer.cancel();
  }
}

/** Records in their order, parted where an event would become too large. */
export function* parted<Item extends SourceRecord>(records: readonly Item[]): Generator<Item[]> {
  let part: Item[] = [];
  let bytes = envelopeBytes;
  for (const record of records) {
    const size = Buffer.byteLength(record.json) + 1;
    if (part.length > 0 && bytes + size > synchronousPayloadBytes) {
      yield part;
      part = [];
      bytes = envelopeBytes;
    }
    part.push(record);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

const none: never[] = [];

/** In characters, which is near enough to know when to stop; `parted` counts bytes. */
const weightOf = (records: readonly SourceRecord[]): number => records.reduce((sum, { json }) => sum + json.length, 0);
