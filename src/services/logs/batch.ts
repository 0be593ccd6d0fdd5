import type { RejectedLogEventsInfo } from "@aws-sdk/client-cloudwatch-logs";
import type { StreamExtent } from "#storage/append-log.ts";
import { AwsError } from "#wire/errors.ts";
import { batchBytes, batchSpanMs, dayMs, eventOverheadBytes, newestEventMs, oldestEventMs } from "./limits.ts";

export interface InputEvent {
  timestamp: number;
  message: string;
}

export interface AdmittedBatch {
  /** Those of the events that are neither too old nor too new. */
  admitted: readonly InputEvent[];
  /** What they add to their stream; absent if there are none. */
  extent?: StreamExtent;
  /** Which events were left out; absent if none were. */
  rejected?: RejectedLogEventsInfo;
}

/**
 * Checks a batch as a whole, which may throw InvalidParameterException, and leaves out events that are too old or too new.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
export function admitBatch(events: readonly InputEvent[], nowMs: number, retentionDays: number | null): AdmittedBatch {
  checkBatch(events);
  const tooOld = countBefore(events, nowMs - oldestEventMs);
  const expired = retentionDays === null ? 0 : countBefore(events, nowMs - retentionDays * dayMs);
  const tooNew = countBefore(events, nowMs + newestEventMs + 1);
  const admitted = events.slice(Math.max(tooOld, expired), tooNew);
  const rejected = {
    ...(tooNew < events.length && { tooNewLogEventStartIndex: tooNew }),
    ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    ...(expired > 0 && { expiredLogEventEndIndex: expired }),
  };
  return {
    admitted,
    ...(admitted.length > 0 && {
      extent: {
        eventCount: admitted.length,
        messageBytes: messageBytesOf(admitted),
        firstMs: admitted[0]!.timestamp,
        lastMs: admitted.at(-1)!.timestamp,
        lastIngestionMs: nowMs,
      },
    }),
    ...(admitted.length < events.length && { rejected }),
  };
}

function checkBatch(events: readonly InputEvent[]): void {
  const sizeBytes = messageBytesOf(events) + events.length * eventOverheadBytes;
  if (sizeBytes > batchBytes) throw invalid(`Upload too large: ${sizeBytes} bytes exceeds limit of ${batchBytes}`);
  if (events.some(({ timestamp }, index) => index > 0 && timestamp < events[index - 1]!.timestamp)) {
    throw invalid("Log events in a single PutLogEvents request must be in chronological order.");
  }
  if (events.length > 0 && events.at(-1)!.timestamp - events[0]!.timestamp > batchSpanMs) {
    throw invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
}

const messageBytesOf = (events: readonly InputEvent[]): number => events.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);

/** How many of the events, which are in order, lie before a millisecond. */
function countBefore(events: readonly InputEvent[], timestampMs: number): number {
  const first = events.findIndex(({ timestamp }) => timestamp >= timestampMs);
  return first === -1 ? events.length : first;
}

const invalid = (message: string): AwsError => new AwsError("InvalidParameterException", message);
