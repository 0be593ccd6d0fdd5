/** Takes traces off the disk that are past their thirty days. */
import { every } from "#wire/every.ts";
import type { Loop } from "#wire/service.ts";
import { retentionMs, sweepBatch, sweepIntervalMs } from "../limits.ts";
import type { XrayState } from "../state.ts";

type Swept = Pick<XrayState, "clock" | "log" | "store">;

export const sweeping = (state: Swept): Loop => every(sweepIntervalMs, "a sweep of xray", state, (stopping) => sweep(state, stopping));

export async function sweep({ clock, store }: Swept, signal?: AbortSignal): Promise<void> {
  const beforeMs = clock.now() - retentionMs;
  while ((await store.expire(beforeMs)) === sweepBatch) if (signal?.aborted) return;
}
