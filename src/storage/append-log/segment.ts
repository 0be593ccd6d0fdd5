import { readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StreamExtent } from "../append-log.ts";
import { type Block, decodeBlock, isTombstone } from "./block.ts";
import { readRange } from "./files.ts";
import type { Shared } from "./shared.ts";

/** A segment is sealed at this many blocks even if they are tiny: its index is held in memory. */
export const segmentBlocks = 16_384;
const scanBytes = 1024 * 1024;
const segmentSuffix = ".seg";
const summarySuffix = ".json";

/** What is kept beside a sealed segment, so that opening a log need not read it. */
interface Summary {
  sizeBytes: number;
  streams: Array<[string, StreamExtent]>;
  tombstones: string[];
}

/** One file of a log. While it is written to, its block index stays in memory; once sealed, it is loaded when needed. */
export class Segment {
  readonly number: number;
  readonly path: string;
  /** What it holds of each stream that has not been deleted. */
  readonly streams = new Map<string, StreamExtent>();
  /** Streams that were deleted while this segment was written. */
  readonly tombstones = new Set<string>();
  sizeBytes = 0;
  isSealed = false;
  readonly #shared: Shared;
  readonly #summaryPath: string;
  #blocks: Block[] | undefined;
  #loading: Promise<Block[]> | undefined;

  private constructor(folder: string, number: number, shared: Shared) {
    const name = String(number).padStart(10, "0");
    this.number = number;
    this.path = join(folder, name + segmentSuffix);
    this.#summaryPath = join(folder, name + summarySuffix);
    this.#shared = shared;
  }

  static numberOf(fileName: string): number | undefined {
    return fileName.endsWith(segmentSuffix) ? Number(fileName.slice(0, -segmentSuffix.length)) : undefined;
  }

  static create(folder: string, number: number, shared: Shared): Segment {
    const segment = new Segment(folder, number, shared);
    segment.#blocks = [];
    return segment;
  }

  /** Takes up a segment from disk: by its summary if it was sealed, else by reading it and cutting off what is torn. */
  static async open(folder: string, number: number, shared: Shared): Promise<Segment> {
    const segment = new Segment(folder, number, shared);
    const summary = await readSummary(segment.#summaryPath);
    if (summary) {
      segment.isSealed = true;
      segment.sizeBytes = summary.sizeBytes;
      for (const [stream, extent] of summary.streams) segment.streams.set(stream, extent);
      for (const stream of summary.tombstones) segment.tombstones.add(stream);
      return segment;
    }
    const blocks = await segment.#scan();
    segment.#blocks = [];
    for (const block of blocks) segment.add(block);
    await truncate(segment.path, segment.sizeBytes);
    return segment;
  }

  get isFull(): boolean {
    return this.sizeBytes >= this.#shared.segmentBytes || (this.#blocks?.length ?? 0) >= segmentBlocks;
  }

  /** Of the streams that are left; an empty range if there are none. */
  get minMs(): number {
    return this.streams.values().reduce((min, { firstMs }) => Math.min(min, firstMs), Infinity);
  }

  get maxMs(): number {
    return this.streams.values().reduce((max, { lastMs }) => Math.max(max, lastMs), -Infinity);
  }

  /** Notes a block that has been written at the segment's end. */
  add(block: Block): void {
    this.sizeBytes = block.offset + block.sizeBytes;
    this.#blocks?.push(block);
    if (isTombstone(block)) this.tombstones.add(block.stream);
    else this.streams.set(block.stream, extend(this.streams.get(block.stream), extentOf(block)));
  }

  async blocks(): Promise<readonly Block[]> {
    if (this.isSealed) this.#shared.indexes.used(this);
    if (this.#blocks) return this.#blocks;
    this.#loading ??= this.#shared.reading.run(() => this.#scan());
    try {
      return (this.#blocks = await this.#loading);
    } finally {
      this.#loading = undefined;
    }
  }

  unloadIndex(): void {
    this.#blocks = undefined;
  }

  /** Writes the summary; from now on nothing is appended. */
  async seal(): Promise<void> {
    this.isSealed = true;
    this.#shared.indexes.used(this);
    const summary: Summary = { sizeBytes: this.sizeBytes, streams: [...this.streams], tombstones: [...this.tombstones] };
    await writeFile(`${this.#summaryPath}.new`, JSON.stringify(summary), { flush: true });
    await rename(`${this.#summaryPath}.new`, this.#summaryPath);
  }

  async delete(): Promise<void> {
    await rm(this.#summaryPath, { force: true });
    await rm(this.path, { force: true });
  }

  /** The sound blocks from the beginning on. */
  async #scan(): Promise<Block[]> {
    const blocks: Block[] = [];
    let offset = 0;
    for (let windowBytes = scanBytes; ;) {
      const bytes = await readRange(this.path, offset, windowBytes);
      if (bytes === undefined || bytes.length === 0) return blocks;
      const isLast = bytes.length < windowBytes;
      let at = 0;
      let block = decodeBlock(bytes, at, offset);
      for (; typeof block === "object"; block = decodeBlock(bytes, at, offset + at)) {
        blocks.push(block);
        at += block.sizeBytes;
      }
      if (block === "corrupt" || isLast) return blocks;
      offset += at;
      // A block larger than the window: widen it.
      windowBytes = at === 0 ? windowBytes * 2 : scanBytes;
    }
  }
}

async function readSummary(path: string): Promise<Summary | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Summary;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

const extentOf = ({ eventCount, messageBytes, minMs, maxMs, ingestionMs }: Block): StreamExtent => ({
  eventCount,
  messageBytes,
  firstMs: minMs,
  lastMs: maxMs,
  lastIngestionMs: ingestionMs,
});

export function extend(extent: StreamExtent | undefined, by: StreamExtent): StreamExtent {
  if (extent === undefined) return by;
  return {
    eventCount: extent.eventCount + by.eventCount,
    messageBytes: extent.messageBytes + by.messageBytes,
    firstMs: Math.min(extent.firstMs, by.firstMs),
    lastMs: Math.max(extent.lastMs, by.lastMs),
    lastIngestionMs: Math.max(extent.lastIngestionMs, by.lastIngestionMs),
  };
}
