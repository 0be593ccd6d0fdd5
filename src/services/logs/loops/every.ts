import { type Clock, sleep } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { Loop } from "#wire/service.ts";

/** Runs `action` again and again, `intervalMs` apart; failures are reported and do not end it. `atStop` runs it a last time. */
export function every(
  intervalMs: number,
  { clock, log }: { clock: Clock; log: Log },
  action: () => Promise<void>,
  { atStop = false }: { atStop?: boolean } = {},
): Loop {
  const attempt = async (): Promise<void> => {
    try {
      await action();
    } catch (error) {
      log.error("a loop of logs failed", { error });
    }
  };
  const run = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      await sleep(clock, intervalMs, signal).catch(() => {});
      if (signal.aborted) break;
      await attempt();
    }
    if (atStop) await attempt();
  };
  return {
    start() {
      const stopping = new AbortController();
      const running = run(stopping.signal);
      return {
        async [Symbol.asyncDispose]() {
          stopping.abort();
          await running;
        },
      };
    },
  };
}
