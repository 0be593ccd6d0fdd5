import { type Clock, sleep } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { Loop } from "./service.ts";

interface Around {
  clock: Clock;
  log: Log;
}

/**
 * A loop that runs `action` again and again, `intervalMs` after its last end. Failures are reported as `name` and do not end it. The signal
 * tells a long action that it is to stop. `atStop` runs it a last time.
 */
export function every(
  intervalMs: number,
  name: string,
  { clock, log }: Around,
  action: (stopping: AbortSignal) => Promise<void>,
  { atStop = false }: { atStop?: boolean } = {},
): Loop {
  const attempt = async (stopping: AbortSignal): Promise<void> => {
    try {
      await action(stopping);
    } catch (error) {
      log.error(`${name} failed`, { error });
    }
  };
  const run = async (stopping: AbortSignal): Promise<void> => {
    for (;;) {
      await sleep(clock, intervalMs, stopping).catch(() => {});
      if (stopping.aborted) break;
      await attempt(stopping);
    }
    if (atStop) await attempt(stopping);
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
