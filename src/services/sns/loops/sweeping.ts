import type { Timer } from "#kit/clock.ts";
import type { Loop } from "#wire/service.ts";
import { sweepMs, unconfirmedMs } from "../limits.ts";
import type { SnsState } from "../state.ts";

/** Forgets what has had its time: deduplication ids, subscriptions that were never confirmed or that were deleted. */
export function sweeping(state: SnsState): Loop {
  return {
    start() {
      let timer: Timer | undefined;
      let sweep: Promise<void> | undefined;
      let isStopped = false;
      const run = async (): Promise<void> => {
        try {
          const nowMs = state.clock.now();
          await state.deliveries.forgetDeduplications(nowMs);
          await state.subscriptions.forget(nowMs - unconfirmedMs);
        } catch (error) {
          state.log.error("subscriptions could not be swept", { error });
        }
        if (!isStopped) timer = state.clock.after(sweepMs, () => void (sweep = run()));
      };
      timer = state.clock.after(sweepMs, () => void (sweep = run()));
      return {
        async [Symbol.asyncDispose]() {
          isStopped = true;
          timer?.cancel();
          await sweep;
        },
      };
    },
  };
}
