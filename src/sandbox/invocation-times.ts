import type { Clock } from "#kit/clock.ts";
import type { InvocationTimes } from "./contract.ts";
import type { Invocation } from "./invocation.ts";

/** When an invocation that ends now was what, in the time of day. `initMs`: how long the initialisation took that is reported with it. */
export function timesOf(
  clock: Clock,
  { startedAtMs, answeredAtMs }: Pick<Invocation, "startedAtMs" | "answeredAtMs">,
  initStartedAtMs: number,
  initMs: number | undefined,
): InvocationTimes {
  const monotonicMs = clock.monotonicMs();
  const nowMs = clock.now();
  const timeOf = (atMs: number): number => nowMs - (monotonicMs - atMs);
  return {
    ...(initMs !== undefined && { init: { startedAtMs: timeOf(initStartedAtMs), endedAtMs: timeOf(initStartedAtMs + initMs) } }),
    startedAtMs: timeOf(startedAtMs),
    answeredAtMs: timeOf(answeredAtMs ?? monotonicMs),
    endedAtMs: nowMs,
  };
}
