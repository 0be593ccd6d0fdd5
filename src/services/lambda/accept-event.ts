import { AwsError } from "#wire/errors.ts";
import type { AsyncEvent } from "./event-store.ts";
import { findInvocable } from "./invoke.ts";
import { checkJson } from "./json-payload.ts";
import { asynchronousPayloadBytes } from "./limits.ts";
import type { LambdaState } from "./state.ts";

/** Takes an event for an asynchronous invocation. Resolves when it is on disk; from then on it is never lost. */
export async function acceptEvent(
  state: LambdaState,
  event: Pick<AsyncEvent, "id" | "target" | "payload" | "context">,
  limitBytes = asynchronousPayloadBytes,
): Promise<void> {
  const { length } = event.payload;
  if (length > limitBytes) {
    const text = `${length} byte payload is too large for the Event invocation type (limit ${limitBytes} bytes)`;
    throw new AwsError("RequestTooLargeException", text, { Type: "User" });
  }
  await findInvocable(state, { target: event.target, ...event.context });
  const nowMs = state.clock.now();
  await state.events.add({ ...event, payload: checkJson(event.payload), attempt: 0, acceptedMs: nowMs, dueMs: nowMs });
  state.eventBell.ring();
}
