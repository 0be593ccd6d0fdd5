import { type Clock, sleep } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { Loop } from "#wire/service.ts";

/** Runs `action` again and again, `intervalMs` apart, and once more when stopped. Failures are reported and do not end it. */
export function every(intervalMs: number, { clock, log }: { clock: Clock; log: Log }, action: () => Promise<void>): Loop {
  const attempt = async (): Promise<void> => {
    try {
      await action();
    } catch (error) {
      log.error("a loop of logs failed", { error });
    }
  };
  return {
    start() {
      const stopping = new AbortController();
      const running = (async () => {
        while (!stopping.signal.aborted) {
          await sleep(clock, intervalMs, stopping.signal).catch(() => {});
          await attempt();
        }
      })();
      return {
        async [Symbol.asyncDispose]() {
          stopping.abort();
          await running;
        },
      };
    },
  };
}
