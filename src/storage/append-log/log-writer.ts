import { type FileHandle, open } from "node:fs/promises";
import { Semaphore } from "#kit/semaphore.ts";
import type { Timer } from "#kit/clock.ts";
import type { LogBatch } from "../append-log.ts";
import { LogClosed } from "./log-closed.ts";
import { type Block, encodeBlock } from "./block.ts";
import { syncFolder } from "./files.ts";
import type { Segment } from "./segment.ts";
import type { Shared } from "./shared.ts";

/** Beyond this much that is not written yet, accepting stops. */
const queueBytes = 4 * 1024 * 1024;
const writeBytes = 4 * 1024 * 1024;
const syncDelayMs = 1_000;

interface Waiting {
  bytes: Buffer;
  block: Block;
  waitsForDisk: boolean;
  settle: PromiseWithResolvers<void>;
}

/** Where the segments come from. */
export interface SegmentSource {
  folder: string;
  /** The segment to append to. */
  active(): Segment;
  /** Seals the active segment and begins a new one; `isSound`: all that was written to it is known to be there. */
  roll(isSound: boolean): Promise<void>;
}

/** Appends to the active segment: whatever has queued up while the disk was busy goes out in one write and one sync. */
export class LogWriter {
  readonly #source: SegmentSource;
  readonly #shared: Shared;
  /** One at a time: write, roll, close. */
  readonly #turn = new Semaphore(1);
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  /** Writes until the queue is empty; absent when nothing is queued. */
  #running: Promise<void> | undefined;
  #isClosed = false;
  #file: { handle: FileHandle; segment: Segment } | undefined;
  #syncTimer: Timer | undefined;

  constructor(source: SegmentSource, shared: Shared) {
    this.#source = source;
    this.#shared = shared;
  }

  append(batch: LogBatch, waitsForDisk: boolean): Promise<void> {
    if (this.#isClosed) return Promise.reject(new LogClosed(this.#source.folder));
    const waiting: Waiting = { ...encodeBlock(batch), waitsForDisk, settle: Promise.withResolvers() };
    this.#queue.push(waiting);
    this.#queuedBytes += waiting.bytes.length;
    this.#running ??= this.#run();
    if (waitsForDisk || this.#queuedBytes > queueBytes) return waiting.settle.promise;
    // Nobody waits for this one: its failure is in the product's log.
    waiting.settle.promise.catch(() => {});
    return Promise.resolve();
  }

  /** Runs `action` while nothing is written. */
  exclusively<T>(action: () => Promise<T>): Promise<T> {
    return this.#turn.run(action);
  }

  /** Closes the file that no write needs now; the next one opens it again. */
  async releaseFile(): Promise<void> {
    await this.#turn.run(async () => {
      try {
        await this.#closeFile();
      } catch (error) {
        this.#shared.log.error("closing a log failed", { folder: this.#source.folder, error });
        await this.#abandonSegment();
      }
    });
  }

  /** Writes what is queued, syncs, closes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    await this.releaseFile();
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#turn.run(async () => {
        const group = this.#group();
        try {
          await this.#write(group);
          for (const { settle } of group) settle.resolve();
        } catch (error) {
          this.#shared.log.error("appending to a log failed", { folder: this.#source.folder, error });
          for (const { settle } of group) settle.reject(error);
          await this.#abandonSegment();
        } finally {
          this.#queue.splice(0, group.length);
          this.#queuedBytes -= sizeOf(group);
        }
      });
    }
    this.#running = undefined;
  }

  /** The head of the queue; it stays queued until it is written. */
  #group(): Waiting[] {
    let total = 0;
    const end = this.#queue.findIndex(({ bytes }) => (total += bytes.length) > writeBytes);
    return end === -1 ? [...this.#queue] : this.#queue.slice(0, Math.max(end, 1));
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    if (this.#source.active().isFull) await this.roll();
    const segment = this.#source.active();
    const handle = await this.#openFile(segment);
    let offset = segment.sizeBytes;
    const { bytesWritten } = await handle.writev(
      group.map(({ bytes }) => bytes),
      offset,
    );
    if (bytesWritten !== sizeOf(group)) throw new Error(`only ${bytesWritten} bytes of ${sizeOf(group)} were written`);
    if (group.some(({ waitsForDisk }) => waitsForDisk)) await this.#sync();
    else this.#syncTimer ??= this.#shared.clock.after(syncDelayMs, () => void this.#syncInBackground());
    for (const { block } of group) {
      segment.add({ ...block, offset });
      offset += block.sizeBytes;
    }
  }

  /** Goes on in a new segment. To be called exclusively. */
  async roll(): Promise<void> {
    await this.#closeFile();
    await this.#source.roll(true);
  }

  async #openFile(segment: Segment): Promise<FileHandle> {
    if (this.#file === undefined) {
      const handle = await open(segment.path, segment.sizeBytes === 0 ? "w" : "r+");
      this.#file = { handle, segment };
      if (segment.sizeBytes === 0) await syncFolder(this.#source.folder);
    }
    this.#shared.writers.used(this);
    return this.#file.handle;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    this.#shared.writers.closed(this);
    try {
      if (this.#syncTimer) await this.#sync();
    } finally {
      this.#file = undefined;
      await file.handle.close();
    }
  }

  async #sync(): Promise<void> {
    this.#syncTimer?.cancel();
    this.#syncTimer = undefined;
    await this.#shared.syncing.run(async () => this.#file?.handle.datasync());
  }

  async #syncInBackground(): Promise<void> {
    await this.#turn.run(async () => {
      try {
        if (this.#syncTimer) await this.#sync();
      } catch (error) {
        this.#shared.log.error("syncing a log failed", { folder: this.#source.folder, error });
        await this.#abandonSegment();
      }
    });
  }

  /** After a failure nobody knows what the file's end looks like: the next start will find out, and writing goes on elsewhere. */
  async #abandonSegment(): Promise<void> {
    try {
      await this.#closeFile().catch(() => {});
      await this.#source.roll(false);
    } catch (error) {
      this.#shared.log.error("no new segment for a log", { folder: this.#source.folder, error });
    }
  }
}

const sizeOf = (group: readonly Waiting[]): number => group.reduce((sum, { bytes }) => sum + bytes.length, 0);
