/**
 * Asynchronous events: what Invoke took with type Event, and what becomes of it. Pure; who calls brings the time.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
import type { InvocationOutcome } from "#sandbox/contract.ts";
import type { FunctionReference } from "../function-name.ts";
import { asyncBackOffMs, asyncRetryDelaysMs } from "../limits.ts";

export interface AsyncEvent {
  /** Its key on disk, ascending in the order of acceptance. */
  sequence: number;
  /** Of the call that was accepted; it stays the same over all attempts. */
  requestId: string;
  target: FunctionReference;
  payload: Uint8Array;
  context: AsyncContext;
  acceptedMs: number;
  /** Not before. */
  dueMs: number;
  /** How often the function has run and failed. */
  failures: number;
  /** How often it could not be run: throttles, and faults of ours. */
  refusals: number;
  /** What the last attempt met that did not reach the function. */
  lastRefusal?: Refusal;
  /** Only deliveries are left to do. */
  settlement?: Settlement;
}

/** What of the request the function sees besides its payload. */
export interface AsyncContext {
  clientContext?: string | undefined;
  /** X-Amzn-Trace-Id, see trace-header.ts. */
  traceId: string;
  tenantId?: string | undefined;
}

export interface Refusal {
  /** As the Invoke operation would have answered; absent where it was not even tried. */
  statusCode?: number;
  message: string;
}

export interface RetryLimits {
  /** Attempts after the first one. */
  retries: number;
  ageMs: number;
}

/** Why an event is done. The first three are on record; of the others AWS names only the circumstances. */
export type Condition = "Success" | "RetriesExhausted" | "EventAgeExceeded" | "ZeroReservedConcurrency" | "RecursiveInvocation";

/** An event that will not run again, and who is still to be told. */
export interface Settlement {
  condition: Condition;
  settledMs: number;
  invokeCount: number;
  /** The function's last answer; absent when the last attempt did not reach it. */
  response?: FunctionResponse;
  refusal?: Refusal;
  /** On whose behalf it is told. */
  roleArn: string;
  deliveries: Delivery[];
  /** Rounds of deliveries that left some undone. */
  failedRounds: number;
}

export interface FunctionResponse {
  executedVersion: string;
  functionError?: string;
  /** What the function returned, or the JSON of its error. */
  payload: string;
}

export interface Delivery {
  /** A record of the invocation, or the event itself for a dead letter queue. */
  kind: "record" | "dead-letter";
  arn: string;
}

export const functionResponse = ({ functionError, payload }: InvocationOutcome, executedVersion: string): FunctionResponse => ({
  executedVersion,
  ...(functionError !== undefined && { functionError }),
  payload: Buffer.from(payload).toString("utf8"),
});

export const isTooOld = ({ acceptedMs }: AsyncEvent, { ageMs }: RetryLimits, nowMs: number): boolean => nowMs - acceptedMs >= ageMs;

/** The event for its next attempt after an error of the function, or why there is none. */
export function afterFailure(event: AsyncEvent, limits: RetryLimits, nowMs: number): AsyncEvent | Condition {
  const failures = event.failures + 1;
  const delayMs = asyncRetryDelaysMs[event.failures];
  if (delayMs === undefined || failures > limits.retries) return "RetriesExhausted";
  const { lastRefusal, ...rest } = event;
  const next = { ...rest, failures, refusals: 0, dueMs: nowMs + delayMs };
  return isTooOld(event, limits, next.dueMs) ? "EventAgeExceeded" : next;
}

/** The event for its next attempt after a throttle or a fault of ours, which do not count as attempts; or why there is none. */
export function afterRefusal(event: AsyncEvent, lastRefusal: Refusal, limits: RetryLimits, nowMs: number): AsyncEvent | Condition {
  if (isTooOld(event, limits, nowMs)) return "EventAgeExceeded";
  const backOffMs = Math.min(asyncBackOffMs.first * 2 ** Math.min(event.refusals, 20), asyncBackOffMs.last);
  // Its age ends it on time, not when the next attempt would be.
  const dueMs = Math.min(nowMs + backOffMs, event.acceptedMs + limits.ageMs);
  return { ...event, refusals: event.refusals + 1, lastRefusal, dueMs };
}
