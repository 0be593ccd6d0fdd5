import { WriteQueueFull } from "#storage/database.ts";
import { AwsError } from "#wire/errors.ts";
import { throttled } from "../errors.ts";
import { findInvocable } from "../invoke.ts";
import { checkJson } from "../json-payload.ts";
import { asynchronousPayloadBytes } from "../limits.ts";
import type { LambdaState } from "../state.ts";
import type { AsyncEvent } from "./event.ts";

/** Takes an event for an asynchronous invocation. Resolves when it is on disk; from then on it is never lost. */
export async function acceptEvent(
  state: LambdaState,
  { payload, ...event }: Pick<AsyncEvent, "requestId" | "target" | "payload" | "context">,
  limitBytes = asynchronousPayloadBytes,
): Promise<void> {
  if (payload.length > limitBytes) {
    const text = `${payload.length} byte payload is too large for the Event invocation type (limit ${limitBytes} bytes)`;
    throw new AwsError("RequestTooLargeException", text, { Type: "User" });
  }
  const version = await findInvocable(state, { target: event.target, ...event.context });
  const context = { ...event.context, traceId: state.tracer.decide(version, event.context.traceId) };
  const nowMs = state.clock.now();
  const accepted = { ...event, context, payload: checkJson(payload), acceptedMs: nowMs, dueMs: nowMs, failures: 0, refusals: 0 };
  try {
    const queued = await state.events.add(accepted);
    state.metrics.add("AsyncEventsReceived", event.target);
    state.eventBell.ring(queued);
  } catch (error) {
    throw error instanceof WriteQueueFull ? throttled("CallerRateLimitExceeded") : error;
  }
}
