/**
 * Brings event source mappings from Creating to Enabled, from Deleting to nowhere. What is under way is on disk with its time, so that it
 * goes on after a crash.
 */
import type { Timer } from "#kit/clock.ts";
import type { Loop } from "#wire/service.ts";
import { mappingTransitionMs } from "../event-sources/limits.ts";
import { type Mapping, settledMapping } from "../event-sources/mapping.ts";
import type { LambdaState } from "../state.ts";

type TransitionState = Pick<LambdaState, "mappings" | "mappingBell" | "pollingBell" | "clock" | "log">;

/** Mappings that are looked at together; the others wait for the next look, which follows at once. */
const batchSize = 100;

export function mappingTransitions(state: TransitionState): Loop {
  return { start: () => new MappingTransitions(state) };
}

class MappingTransitions implements AsyncDisposable {
  readonly #state: TransitionState;
  #looks = Promise.resolve();
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(state: TransitionState) {
    this.#state = state;
    state.mappingBell.listen(() => this.#look());
    this.#look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#looks;
  }

  /** Looks follow one another, each arms the timer for the next. */
  #look(): void {
    this.#looks = this.#looks
      .then(() => this.#settleDue())
      .catch((error: unknown) => {
        this.#state.log.error("event source mappings could not be brought to their next state", { error });
        this.#lookAfter(mappingTransitionMs);
      });
  }

  async #settleDue(): Promise<void> {
    if (this.#isStopped) return;
    const { mappings, clock } = this.#state;
    const underWay = await mappings.underWay(batchSize);
    const nowMs = clock.now();
    const due = underWay.filter(({ settlesMs = 0 }) => settlesMs <= nowMs);
    for (const mapping of due) await this.#settle(mapping, nowMs);
    const nextMs = due.length === batchSize ? nowMs : underWay[due.length]?.settlesMs;
    if (nextMs !== undefined) this.#lookAfter(nextMs - nowMs);
  }

  async #settle(mapping: Mapping, nowMs: number): Promise<void> {
    const settled = settledMapping(mapping, nowMs);
    if (settled === undefined) await this.#state.mappings.delete(mapping);
    else if (await this.#state.mappings.replace(settled)) this.#state.pollingBell.ring(settled);
  }

  #lookAfter(delayMs: number): void {
    this.#timer?.cancel();
    if (!this.#isStopped) this.#timer = this.#state.clock.after(delayMs, () => this.#look());
  }
}
