import type { Loop } from "#wire/service.ts";
import { isSnapped } from "../function-version.ts";
import { settle, startSettling } from "../settling.ts";
import type { LambdaState } from "../state.ts";

/**
 * Brings to its end what a crash interrupted: functions still Pending or in the middle of an update. And has the environments of provisioned
 * concurrency made again.
 */
export function unsettledFunctions(state: LambdaState): Loop {
  return {
    start() {
      const done = finish(state).catch((error: unknown) => state.log.error("functions could not be made ready after the start", { error }));
      return { [Symbol.asyncDispose]: () => done };
    },
  };
}

async function finish(state: LambdaState): Promise<void> {
  for (const version of await state.store.settling()) {
    // A snapshot takes as long as its function's initialisation: the others need not wait for that.
    if (isSnapped(version)) startSettling(state, version);
    else await settle(state, version);
  }
  await state.provisioning.followAll();
}
