import { every } from "#wire/every.ts";
import type { Loop } from "#wire/service.ts";
import { beginningOfArchive } from "../archive-policy.ts";
import { sweepMs, sweptMessages, unconfirmedMs } from "../limits.ts";
import { sequenceBefore } from "../sequences.ts";
import type { SnsState } from "../state.ts";

/** Forgets what has had its time: deduplication ids, archived messages, subscriptions that were never confirmed or that were deleted. */
export function sweeping(state: SnsState): Loop {
  return every(sweepMs, "a sweep of sns", state, async (stopping) => {
    const nowMs = state.clock.now();
    await state.deliveries.forgetDeduplications(nowMs);
    await state.subscriptions.forget(nowMs - unconfirmedMs);
    await forgetArchived(state, stopping);
  });
}

/** In small steps, because a year's archive of a busy topic is long and everybody waits for a write. */
async function forgetArchived({ archive, topics, clock }: SnsState, stopping: AbortSignal): Promise<void> {
  for (let arn = await archive.topicAfter(""); arn !== undefined; arn = await archive.topicAfter(arn)) {
    const topic = await topics.find(arn);
    const beginningMs = topic && beginningOfArchive(topic, clock.now());
    const last = beginningMs === undefined ? undefined : sequenceBefore(beginningMs);
    while (!stopping.aborted && !(await archive.forget(arn, last, sweptMessages)));
  }
}
