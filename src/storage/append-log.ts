/**
 * Append-only logs: segment files in one folder per log. An append is a batch of one stream's events; many writers share one fsync. A
 * segment that has reached its size is sealed beside a summary of its streams, and goes as a whole when all in it has expired. Only
 * the segment that was being written when the process died is scanned at the next start, and its torn tail cut off.
 *
 * Streams and logs are named by keys that are never used twice, so that what was deleted cannot come back under a name that is new.
 */
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import { Semaphore } from "#kit/semaphore.ts";
import { syncFolder } from "./append-log/files.ts";
import { SegmentedLog } from "./append-log/segmented-log.ts";
import { BlockIndexes, OpenWriters, type Shared } from "./append-log/shared.ts";

export interface AppendLogs extends AsyncDisposable {
  /** The log of this name, made at its first append. Names are letters, digits, `-` and `_`. */
  log(name: string): AppendLog;
  /** The logs that exist on disk. */
  names(): Promise<string[]>;
  /** Removes a log and all in it. Removing one that is not there is not an error. */
  delete(name: string): Promise<void>;
}

export interface AppendLog {
  /**
   * Takes a batch. `whenOnDisk`: resolves when the batch is synced, and rejects if that failed. `whenAccepted`: resolves as soon as there is
   * room for more; the batch is written at once and synced within a second.
   */
  append(batch: LogBatch, settles: "whenOnDisk" | "whenAccepted"): Promise<void>;
  /** One page of events in the order of their positions, ascending or descending. */
  read(query: LogQuery): Promise<LogPage>;
  /** What the log holds of each stream. */
  streams(): Promise<ReadonlyMap<string, StreamExtent>>;
  /** Forgets streams, by a tombstone on disk; their space comes back with the segments. */
  deleteStreams(streams: readonly string[]): Promise<void>;
  /** Deletes the segments that hold nothing at or after `timestampMs`. */
  deleteBefore(timestampMs: number): Promise<void>;
}

export interface LogBatch {
  stream: string;
  /** Epoch milliseconds. */
  ingestionMs: number;
  /** In any order. */
  events: ReadonlyArray<{ timestampMs: number; message: string }>;
}

export interface LogQuery {
  /** Omitted: all. */
  streams?: ReadonlySet<string>;
  /** First millisecond. */
  fromMs: number;
  /** First millisecond no more. */
  untilMs: number;
  direction: "forward" | "backward";
  /** Forward: the first position to look at. Backward: the first not to look at. */
  cursor?: Position | undefined;
  maximumEvents: number;
  /** Of messages, in UTF-8. A page has at least one event, however long. */
  maximumBytes: number;
  /** Ends the page early, so that a rare match does not mean a long wait. */
  maximumScanBytes: number;
  accepts?: (message: string) => boolean;
}

export interface LogPage {
  events: StoredEvent[];
  /** Where the next page in this direction begins. */
  cursor: Position;
  /** Nothing lies beyond the cursor now. */
  isEnd: boolean;
}

export interface StoredEvent {
  stream: string;
  timestampMs: number;
  ingestionMs: number;
  message: string;
  messageBytes: number;
  position: Position;
}

/** The place of an event in the order of its log; stable for as long as the event exists. */
export interface Position {
  timestampMs: number;
  segment: number;
  offset: number;
  index: number;
}

export interface StreamExtent {
  eventCount: number;
  messageBytes: number;
  firstMs: number;
  lastMs: number;
  lastIngestionMs: number;
}

export interface AppendLogOptions {
  clock: Clock;
  log: Log;
  /** A segment is sealed when it has grown this large; 16 MiB if not given. */
  segmentBytes?: number;
}

const deletedPrefix = "deleted~";
const threads = { reading: 3, syncing: 2 };

/** Opens the logs of a folder, making it if need be, and finishes deletions that a crash interrupted. */
export async function openAppendLogs(
  folder: string,
  { clock, log, segmentBytes = 16 * 1024 * 1024 }: AppendLogOptions,
): Promise<AppendLogs> {
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  await Promise.all(
    names.filter((name) => name.startsWith(deletedPrefix)).map((name) => rm(join(folder, name), { recursive: true, force: true })),
  );
  // Node has four threads for files: those who wait for a disk must leave one to the others.
  const reading = new Semaphore(threads.reading);
  const syncing = new Semaphore(threads.syncing);
  return new LogFolder(folder, { clock, log, segmentBytes, reading, syncing, writers: new OpenWriters(), indexes: new BlockIndexes() });
}

class LogFolder implements AppendLogs {
  readonly #folder: string;
  readonly #shared: Shared;
  readonly #logs = new Map<string, SegmentedLog>();

  constructor(folder: string, shared: Shared) {
    this.#folder = folder;
    this.#shared = shared;
  }

  log(name: string): AppendLog {
    if (!/^[\w-]+$/.test(name)) throw new Error(`"${name}" cannot be the name of a log`);
    let log = this.#logs.get(name);
    if (log === undefined) this.#logs.set(name, (log = new SegmentedLog(join(this.#folder, name), this.#shared)));
    return log;
  }

  async names(): Promise<string[]> {
    return (await readdir(this.#folder)).filter((name) => !name.startsWith(deletedPrefix));
  }

  async delete(name: string): Promise<void> {
    await this.#logs.get(name)?.close();
    this.#logs.delete(name);
    const doomed = join(this.#folder, deletedPrefix + name);
    try {
      await rename(join(this.#folder, name), doomed);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    await syncFolder(this.#folder);
    await rm(doomed, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#logs.values().map((log) => log.close()));
  }
}
