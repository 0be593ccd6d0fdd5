/** Takes off the disk what nobody can receive any more: messages past their retention, purged and deleted ones, old deduplication ids. */
import { every } from "#wire/every.ts";
import type { Loop } from "#wire/service.ts";
import { nameReuseMs, sweepBatch, sweepIntervalMs } from "../limits.ts";
import { queueOf } from "../queue.ts";
import type { SqsState } from "../state.ts";

const queuesPerPage = 200;
/** AWS lists ended tasks for a while; nothing says how long. */
const endedTasksMs = 7 * 24 * 3_600_000;

export function sweeping(state: SqsState): Loop {
  return every(sweepIntervalMs, "a sweep of sqs", state, (stopping) => sweep(state, stopping));
}

export async function sweep(state: SqsState, signal?: AbortSignal): Promise<void> {
  const { clock, store } = state;
  const { housekeeping } = store;
  const nowMs = clock.now();
  await housekeeping.forgetDeduplications(nowMs);
  await store.queues.forgetDeleted(nowMs - nameReuseMs);
  await store.moveTasks.forgetEnded(nowMs - endedTasksMs);
  // A send that was under way when its queue went may still have added to a shelf that was discarded this moment.
  for (const shelfId of await housekeeping.discarded(nowMs - sweepIntervalMs)) {
    while ((await housekeeping.clear(shelfId)) === sweepBatch) if (signal?.aborted) return;
    await housekeeping.forgetShelf(shelfId);
  }
  let afterId = "";
  for (;;) {
    const rows = await store.queues.page(afterId, queuesPerPage);
    for (const row of rows) {
      if (signal?.aborted) return;
      await expire(state, queueOf(row), signal);
    }
    if (rows.length < queuesPerPage) return;
    afterId = rows.at(-1)!.id;
  }
}

async function expire(
  { clock, store, queues }: SqsState,
  { arn, shelfId, settings }: ReturnType<typeof queueOf>,
  signal?: AbortSignal,
): Promise<void> {
  const beforeMs = clock.now() - settings.retentionMs;
  let removed = 0;
  for (;;) {
    const count = await store.housekeeping.expire(shelfId, beforeMs);
    removed += count;
    if (count < sweepBatch || signal?.aborted) break;
  }
  if (removed > 0) await queues.inUseAt(arn)?.then((live) => live.forgetExpired());
}
