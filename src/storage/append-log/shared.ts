import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { Semaphore } from "#kit/semaphore.ts";

/** What the logs of one folder share: threads, and bounds on what is open and what is held in memory. */
export interface Shared {
  clock: Clock;
  log: Log;
  segmentBytes: number;
  reading: Semaphore;
  syncing: Semaphore;
  writers: OpenWriters;
  indexes: BlockIndexes;
}

const openWriters = 128;
const loadedIndexes = 32;

/** Writers that hold a file open: beyond 128 the one that has not written for longest closes its file. */
export class OpenWriters {
  readonly #open = new Set<{ releaseFile(): Promise<void> }>();

  used(writer: { releaseFile(): Promise<void> }): void {
    this.#open.delete(writer);
    this.#open.add(writer);
    if (this.#open.size <= openWriters) return;
    const [oldest] = this.#open;
    this.#open.delete(oldest!);
    void oldest!.releaseFile();
  }

  closed(writer: { releaseFile(): Promise<void> }): void {
    this.#open.delete(writer);
  }
}

/** Block indexes of sealed segments that are in memory: the 32 that were used last, each of at most `segmentBlocks` entries. */
export class BlockIndexes {
  readonly #loaded = new Set<{ unloadIndex(): void }>();

  used(segment: { unloadIndex(): void }): void {
    this.#loaded.delete(segment);
    this.#loaded.add(segment);
    if (this.#loaded.size <= loadedIndexes) return;
    const [oldest] = this.#loaded;
    this.#loaded.delete(oldest!);
    oldest!.unloadIndex();
  }
}
