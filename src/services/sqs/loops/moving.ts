import type { Loop } from "#wire/service.ts";
import type { SqsState } from "../state.ts";

/** Message move tasks that ran when the process ended go on; all of them pause when it ends again. */
export const moving = ({ moveTasks, log }: SqsState): Loop => ({
  start() {
    const resumed = moveTasks.resume().catch((error: unknown) => log.error("message move tasks could not be resumed", { error }));
    return {
      async [Symbol.asyncDispose]() {
        await resumed;
        await moveTasks.stop();
      },
    };
  },
});
