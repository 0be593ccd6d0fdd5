import { every } from "#wire/every.ts";
import type { Loop } from "#wire/service.ts";
import { sweepMs, unconfirmedMs } from "../limits.ts";
import type { SnsState } from "../state.ts";

/** Forgets what has had its time: deduplication ids, subscriptions that were never confirmed or that were deleted. */
export function sweeping(state: SnsState): Loop {
  return every(sweepMs, "a sweep of sns", state, async () => {
    const nowMs = state.clock.now();
    await state.deliveries.forgetDeduplications(nowMs);
    await state.subscriptions.forget(nowMs - unconfirmedMs);
  });
}
