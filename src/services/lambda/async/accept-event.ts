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
  { requestId, target, payload, context }: Pick<AsyncEvent, "requestId" | "target" | "payload" | "context">,
  limitBytes = asynchronousPayloadBytes,
): Promise<void> {
  if (payload.length > limitBytes) {
    const text = `${payload.length} byte payload is too large for the Event invocation type (limit ${limitBytes} bytes)`;
    throw new AwsError("RequestTooLargeException", text, { Type: "User" });
  }
  const { clientContext, tenantId } = context;
  const found = findInvocable(state, { target, tenantId });
  const version = found instanceof Promise ? await found : found;
  const traceId = state.tracer.decide(version, context.traceId);
  const nowMs = state.clock.now();
  try {
    const queued = await state.events.add({
      requestId,
      target,
      payload: checkJson(payload),
      context: { traceId, clientContext, tenantId },
      acceptedMs: nowMs,
      dueMs: nowMs,
      failures: 0,
      refusals: 0,
    });
    state.metrics.add("AsyncEventsReceived", target);
    state.eventBell.ring(queued);
  } catch (error) {
    throw error instanceof WriteQueueFull ? throttled("CallerRateLimitExceeded") : error;
  }
}
