/** What a receipt handle is good for, now. */
import type { AwsError } from "#wire/errors.ts";
import { invalidValue } from "./errors.ts";
import { maxVisibilitySeconds } from "./limits.ts";
import type { LiveQueue } from "./live-queue.ts";
import type { Entry } from "./order/entry.ts";
import { readReceiptHandle } from "./receipt-handle.ts";

/**
 * The message that may be deleted with this handle; undefined if it is gone already, which is no error.
 * DIVERGES: in AWS an older handle of a standard queue's message may delete it or not; here it does, for whoever deletes it has processed it.
 */
export function deletable(live: LiveQueue, handle: string): Entry | undefined {
  const { sequence, nonce } = readReceiptHandle(handle, live.queue.id);
  const entry = live.find(sequence);
  if (entry === undefined || !live.queue.settings.isFifo) return entry;
  if (!live.isInFlight(entry) || entry.receipt !== nonce) throw invalidValue(handle, "ReceiptHandle", "The receipt handle has expired.");
  return entry;
}

/** The message whose visibility may be changed with this handle. */
export function hideable(live: LiveQueue, handle: string, visibilitySeconds: number, nowMs: number): Entry {
  const { sequence, nonce } = readReceiptHandle(handle, live.queue.id);
  checkVisibility(visibilitySeconds);
  const entry = live.find(sequence);
  const isKnown = entry !== undefined && entry.receipt === nonce && (live.isInFlight(entry) || !live.queue.settings.isFifo);
  if (!isKnown || entry.place === "leaving") {
    throw invalidValue(handle, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change.");
  }
  const elapsedMs = entry.place === "in flight" ? nowMs - entry.receivedMs : 0;
  if (elapsedMs + visibilitySeconds * 1_000 > maxVisibilitySeconds * 1_000) {
    throw visibilityError(
      visibilitySeconds,
      `Total VisibilityTimeout for the message is beyond the limit [${maxVisibilitySeconds} seconds]`,
    );
  }
  return entry;
}

function checkVisibility(seconds: number): void {
  if (seconds >= 0 && seconds <= maxVisibilitySeconds) return;
  throw visibilityError(seconds, `VisibilityTimeout must be an integer between 0 and ${maxVisibilitySeconds}.`);
}

const visibilityError = (seconds: number, reason: string): AwsError => invalidValue(seconds, "VisibilityTimeout", reason);
