import type { LogPage, LogQuery, Position, StoredEvent } from "../append-log.ts";
import { type Block, decodeBlock, decodeEvents } from "./block.ts";
import { readRange } from "./files.ts";
import { comparePositions, positionAfter, positionAt } from "./position.ts";
import type { Segment } from "./segment.ts";
import type { Shared } from "./shared.ts";

/** Blocks near each other come in one read. */
const readAheadBytes = 1024 * 1024;

interface Candidate {
  segment: Segment;
  block: Block;
  /** Where the block begins in the query's direction, as a number that grows: none of its events comes before. */
  edgeMs: number;
}

/**
 * Collects one page. Blocks overlap in time, since batches may arrive late: they are visited in the order of their near edges, and the
 * page is complete when it is full and the next block begins after its last event. Never holds more than a page and a block.
 */
export async function readPage(segments: readonly Segment[], query: LogQuery, shared: Shared): Promise<LogPage> {
  const isForward = query.direction === "forward";
  const selection = new Selection(query);
  const reader = new BlockReader(shared);
  let scannedBytes = 0;
  for await (const { segment, block, edgeMs } of candidates(segments, query)) {
    if (edgeMs > selection.lastEdgeMs) return selection.page(false);
    if (scannedBytes >= query.maximumScanBytes && selection.advancesTo(edgeMs)) return selection.pageBefore(edgeMs);
    const bytes = await reader.read(segment, block, isForward);
    scannedBytes += block.sizeBytes;
    if (bytes) selection.add(decodeEvents(bytes, block, segment.number, (position) => selection.isInRange(position)));
  }
  return selection.page(true);
}

/** Blocks that may hold what the query asks for, by their edges; a segment's index is loaded when its turn comes. */
async function* candidates(
  segments: readonly Segment[],
  { streams, fromMs, untilMs, direction, cursor }: LogQuery,
): AsyncGenerator<Candidate> {
  const isForward = direction === "forward";
  const edgeOf = ({ minMs, maxMs }: { minMs: number; maxMs: number }): number => (isForward ? minMs : -maxMs);
  const cursorMs = cursor?.timestampMs;
  const overlaps = ({ minMs, maxMs }: { minMs: number; maxMs: number }): boolean =>
    maxMs >= fromMs && minMs < untilMs && (cursorMs === undefined || (isForward ? maxMs >= cursorMs : minMs <= cursorMs));
  const holds = (segment: Segment): boolean => streams === undefined || !streams.isDisjointFrom(segment.streams);

  const coming = segments
    .filter((segment) => overlaps(segment) && holds(segment))
    .map((segment) => ({ segment, edgeMs: edgeOf(segment) }))
    .sort((a, b) => b.edgeMs - a.edgeMs);
  const waiting: Candidate[] = [];
  for (;;) {
    let hasGrown = false;
    while (coming.length > 0 && (waiting.length === 0 || coming.at(-1)!.edgeMs <= waiting.at(-1)!.edgeMs)) {
      const { segment } = coming.pop()!;
      for (const block of await segment.blocks()) {
        if (block.eventCount > 0 && segment.streams.has(block.stream) && (streams?.has(block.stream) ?? true) && overlaps(block)) {
          waiting.push({ segment, block, edgeMs: edgeOf(block) });
          hasGrown = true;
        }
      }
      if (hasGrown)
        waiting.sort((a, b) => b.edgeMs - a.edgeMs || (isForward ? b.block.offset - a.block.offset : a.block.offset - b.block.offset));
    }
    const next = waiting.pop();
    if (next === undefined) return;
    yield next;
  }
}

/** The best events so far, never many more than fit into the page. */
class Selection {
  readonly #query: LogQuery;
  readonly #sign: 1 | -1;
  #events: StoredEvent[] = [];
  #bytes = 0;
  #isCut = false;
  /** The edge of the last event once the page is full: blocks beyond it cannot contribute. */
  lastEdgeMs = Infinity;

  constructor(query: LogQuery) {
    this.#query = query;
    this.#sign = query.direction === "forward" ? 1 : -1;
  }

  isInRange(position: Position): boolean {
    const { fromMs, untilMs, cursor } = this.#query;
    if (position.timestampMs < fromMs || position.timestampMs >= untilMs) return false;
    if (cursor === undefined) return true;
    const order = comparePositions(position, cursor);
    return this.#sign === 1 ? order >= 0 : order < 0;
  }

  add(events: Iterable<StoredEvent>): void {
    const { accepts, maximumEvents, maximumBytes } = this.#query;
    for (const event of events) {
      if (accepts && !accepts(event.message)) continue;
      this.#events.push(event);
      this.#bytes += event.messageBytes;
    }
    if (this.#events.length >= maximumEvents || this.#bytes >= maximumBytes) this.#cut();
  }

  /** The page as it stands. */
  page(isEnd: boolean): LogPage {
    this.#events.sort((a, b) => this.#sign * comparePositions(a.position, b.position));
    const last = this.#events.at(-1)?.position;
    const cursor = last === undefined ? this.#start() : this.#sign === 1 ? positionAfter(last) : last;
    return { events: this.#events, cursor, isEnd: isEnd && !this.#isCut };
  }

  /** Whether a page that ends at this edge would bring the reader any further. */
  advancesTo(edgeMs: number): boolean {
    const { cursor } = this.#query;
    return cursor === undefined || this.#sign * comparePositions(this.#cursorAt(edgeMs), cursor) > 0;
  }

  /** What lies before an edge; beyond it, better events may still come. */
  pageBefore(edgeMs: number): LogPage {
    this.#events = this.#events.filter(({ timestampMs }) => this.#sign * timestampMs < edgeMs);
    return { ...this.page(false), cursor: this.#cursorAt(edgeMs) };
  }

  #cursorAt(edgeMs: number): Position {
    return positionAt(this.#sign === 1 ? edgeMs : 1 - edgeMs);
  }

  #cut(): void {
    const { maximumEvents, maximumBytes } = this.#query;
    this.#events.sort((a, b) => this.#sign * comparePositions(a.position, b.position));
    let count = 0;
    let bytes = 0;
    for (const { messageBytes } of this.#events) {
      if (count === maximumEvents || (count > 0 && bytes + messageBytes > maximumBytes)) break;
      count++;
      bytes += messageBytes;
    }
    this.#isCut ||= count < this.#events.length;
    this.#events.length = count;
    this.#bytes = bytes;
    if (this.#isCut || count === maximumEvents) this.lastEdgeMs = this.#sign * this.#events.at(-1)!.timestampMs;
  }

  #start(): Position {
    const { cursor, fromMs, untilMs } = this.#query;
    return cursor ?? positionAt(this.#sign === 1 ? fromMs : untilMs);
  }
}

/** Reads blocks of one scan, keeping the bytes around the last one. */
class BlockReader {
  readonly #shared: Shared;
  #window: { segment: Segment; offset: number; bytes: Buffer } | undefined;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** The bytes of a block; undefined if it is damaged or has been deleted meanwhile. */
  async read(segment: Segment, block: Block, isForward: boolean): Promise<Buffer | undefined> {
    const end = block.offset + block.sizeBytes;
    const window = this.#window;
    if (window?.segment !== segment || block.offset < window.offset || end > window.offset + window.bytes.length) {
      const sizeBytes = Math.max(readAheadBytes, block.sizeBytes);
      const offset = isForward ? block.offset : Math.max(0, end - sizeBytes);
      const bytes = await this.#shared.reading.run(() => readRange(segment.path, offset, Math.min(sizeBytes, segment.sizeBytes - offset)));
      if (bytes === undefined) return undefined;
      this.#window = { segment, offset, bytes };
    }
    const { offset, bytes } = this.#window!;
    const own = bytes.subarray(block.offset - offset, end - offset);
    if (typeof decodeBlock(own, 0, block.offset) === "object") return own;
    this.#shared.log.error("a block of a log is damaged", { path: segment.path, offset: block.offset });
    return undefined;
  }
}
