import { mkdir, readdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { AppendLog, LogBatch, LogPage, LogQuery, StreamExtent } from "../append-log.ts";
import { syncFolder } from "./files.ts";
import { LogWriter, type SegmentSource } from "./log-writer.ts";
import { readPage } from "./page.ts";
import { extend, Segment } from "./segment.ts";
import type { Shared } from "./shared.ts";

/** One log: its segments, oldest first. The last one is written to. */
export class SegmentedLog implements AppendLog, SegmentSource {
  readonly folder: string;
  readonly #shared: Shared;
  readonly #writer: LogWriter;
  #segments: Segment[] = [];
  #opening: Promise<void> | undefined;
  #isOpen = false;

  constructor(folder: string, shared: Shared) {
    this.folder = folder;
    this.#shared = shared;
    this.#writer = new LogWriter(this, shared);
  }

  async append(batch: LogBatch, settles: "whenOnDisk" | "whenAccepted"): Promise<void> {
    if (!this.#isOpen) await this.#open();
    return this.#writer.append(batch, settles === "whenOnDisk");
  }

  async read(query: LogQuery): Promise<LogPage> {
    await this.#open();
    return readPage(this.#segments, query, this.#shared);
  }

  async streams(): Promise<ReadonlyMap<string, StreamExtent>> {
    await this.#open();
    const all = new Map<string, StreamExtent>();
    for (const segment of this.#segments) {
      for (const [stream, extent] of segment.streams) all.set(stream, extend(all.get(stream), extent));
    }
    return all;
  }

  async deleteStreams(streams: readonly string[]): Promise<void> {
    await this.#open();
    await Promise.all(streams.map((stream) => this.#writer.append({ stream, ingestionMs: this.#shared.clock.now(), events: [] }, true)));
    await this.#writer.exclusively(async () => {
      this.#forget(streams);
      await this.#deleteSegments((segment) => segment.isSealed && segment.streams.size === 0);
    });
  }

  async deleteBefore(timestampMs: number): Promise<void> {
    await this.#open();
    await this.#writer.exclusively(async () => {
      const active = this.active();
      if (active.sizeBytes > 0 && active.maxMs < timestampMs) await this.#writer.roll();
      await this.#deleteSegments((segment) => segment.isSealed && segment.maxMs < timestampMs);
    });
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => {});
    await this.#writer.close();
  }

  active(): Segment {
    return this.#segments.at(-1)!;
  }

  async roll(isSound: boolean): Promise<void> {
    const active = this.active();
    this.#segments.push(Segment.create(this.folder, active.number + 1, this.#shared));
    if (isSound) await active.seal();
  }

  #open(): Promise<void> {
    this.#opening ??= this.#load().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #load(): Promise<void> {
    if ((await mkdir(this.folder, { recursive: true })) !== undefined) await syncFolder(dirname(this.folder));
    const numbers = (await readdir(this.folder)).flatMap((name) => Segment.numberOf(name) ?? []).sort((a, b) => a - b);
    const segments: Segment[] = [];
    for (const number of numbers) segments.push(await Segment.open(this.folder, number, this.#shared));
    // Left unsealed by a failure or a crash between two segments: sound now, and never written to again.
    for (const segment of segments.slice(0, -1)) if (!segment.isSealed) await segment.seal();
    const last = segments.at(-1);
    if (last === undefined || last.isSealed) segments.push(Segment.create(this.folder, (last?.number ?? 0) + 1, this.#shared));
    this.#segments = segments;
    this.#forget(segments.flatMap(({ tombstones }) => [...tombstones]));
    this.#isOpen = true;
  }

  /**
   * A tombstone may go with its segment before the last of its stream's events does; these then count again after the next start,
   * which matters little: nobody knows the stream's key any more.
   */
  #forget(streams: Iterable<string>): void {
    for (const stream of streams) for (const segment of this.#segments) segment.streams.delete(stream);
  }

  async #deleteSegments(isDoomed: (segment: Segment) => boolean): Promise<void> {
    const doomed = this.#segments.filter(isDoomed);
    this.#segments = this.#segments.filter((segment) => !doomed.includes(segment));
    for (const segment of doomed) await segment.delete();
  }
}
