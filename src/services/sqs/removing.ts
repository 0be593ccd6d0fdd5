import type { LiveQueue } from "./live-queue.ts";
import type { Entry } from "./order/entry.ts";
import type { SqsState } from "./state.ts";

/** Resolves when they are off the disk; `undefined` are gone already. */
export async function removeMessages(state: SqsState, live: LiveQueue, entries: ReadonlyArray<Entry | undefined>): Promise<void> {
  const present = entries.filter((entry) => entry !== undefined);
  if (present.length === 0) return;
  await live.use(async () => {
    await state.store.messages.remove(present.map(({ sequence }) => sequence));
    live.gone(present);
  });
}
