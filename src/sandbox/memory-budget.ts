import type { Clock } from "#kit/clock.ts";

/** What one place knows of the memory that there is for functions. */
export interface MemoryUse {
  /** What functions use; 0 where that cannot be told from what others use. */
  usedBytes: number;
  /** How much they may use; if what they use is not known, how much more. */
  limitBytes: number;
}

/** Reads a file or two, or nothing where that is not known. Called while environments are started, not while functions run. */
export type MemoryGauge = () => MemoryUse | undefined;

/** A reading is good for so long: to count the memory takes the kernel the longer the more environments there are. */
const sampleMs = 200;
/** What an environment is taken to need before any was measured, and at least. */
const leastEnvironmentBytes = 16 * 1024 * 1024;
/** And at most: one large function does not make all others seem large. */
const mostEnvironmentBytes = 256 * 1024 * 1024;
/** What stays free for those that run and grow: this part, between these bounds. */
const headroomPart = 0.05;
const [leastHeadroomBytes, mostHeadroomBytes] = [32 * 1024 * 1024, 1024 * 1024 * 1024];

/**
 * Whether the memory suffices for more environments. What counts is what those that run use, not what they might: a thousand functions of 1,769 MB fit
 * into a few gigabytes as long as they need no more. One that is just being started is taken to need what the others need in the mean.
 */
export class MemoryBudget {
  #clock: Clock;
  #gauges: readonly MemoryGauge[];
  #sampledAtMs = Number.NEGATIVE_INFINITY;
  #uses: MemoryUse[] = [];
  /** Whose memory was seen then. */
  #seenCount = 0;

  constructor(clock: Clock, gauges: readonly MemoryGauge[]) {
    this.#clock = clock;
    this.#gauges = gauges;
  }

  /**
   * `moreCount`: those that are to be started, and those whose memory cannot be seen yet because they start just now. `readyCount`: those whose memory
   * can be seen.
   */
  hasRoomFor(moreCount: number, readyCount: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#sampledAtMs >= sampleMs) {
      this.#sampledAtMs = nowMs;
      this.#seenCount = readyCount;
      this.#uses = this.#gauges.flatMap((gauge) => gauge() ?? []);
    }
    const usedBytes = Math.max(0, ...this.#uses.map((use) => use.usedBytes));
    const meanBytes = usedBytes / Math.max(this.#seenCount, 1);
    const unseenCount = moreCount + Math.max(readyCount - this.#seenCount, 0);
    const eachBytes = Math.min(Math.max(meanBytes, leastEnvironmentBytes), mostEnvironmentBytes);
    return this.#uses.every((use) => use.usedBytes + unseenCount * eachBytes + headroomOf(use) <= use.limitBytes);
  }
}

function headroomOf({ limitBytes }: MemoryUse): number {
  return Math.min(Math.max(limitBytes * headroomPart, leastHeadroomBytes), mostHeadroomBytes);
}
