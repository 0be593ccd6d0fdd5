/**
 * A block is one appended batch: a header that the index keeps, the stream's key, then the events. Everything little endian.
 *
 * | at | | | | at | |
 * |---|---|---|---|---|---|
 * | 0 | u32 | CRC-32 of all that follows | 12 | u32 | number of events; none makes the block a tombstone of its stream |
 * | 4 | u32 | size of the block | 16 | f64 | earliest timestamp |
 * | 8 | u16 | format, `blockFormat` | 24 | f64 | latest timestamp |
 * | 10 | u16 | size of the key | 32 | f64 | ingestion time |
 *
 * An event is a timestamp (f64), the size of its message (u32), the message (UTF-8).
 */
import { crc32 } from "node:zlib";
import type { LogBatch, Position, StoredEvent } from "../append-log.ts";

const headerBytes = 40;
const eventHeaderBytes = 12;
const blockFormat = 0x4c01;
/** What a scan believes of a size before the CRC has vouched for it: the largest batch is an order of magnitude smaller. */
const maximumBlockBytes = 64 * 1024 * 1024;

/** What the index knows of a block. */
export interface Block {
  offset: number;
  sizeBytes: number;
  stream: string;
  eventCount: number;
  messageBytes: number;
  minMs: number;
  maxMs: number;
  ingestionMs: number;
}

export const isTombstone = (block: Block): boolean => block.eventCount === 0;

/** Bytes and description of a batch; its offset is the writer's to set. A batch without events is a tombstone. */
export function encodeBlock({ stream, ingestionMs, events }: LogBatch): { bytes: Buffer; block: Block } {
  const sizes = events.map(({ message }) => Buffer.byteLength(message));
  const messageBytes = sizes.reduce((sum, size) => sum + size, 0);
  const keyBytes = Buffer.byteLength(stream);
  const bytes = Buffer.allocUnsafe(headerBytes + keyBytes + events.length * eventHeaderBytes + messageBytes);
  let at = headerBytes + bytes.write(stream, headerBytes);
  let minMs = events.length === 0 ? ingestionMs : Infinity;
  let maxMs = events.length === 0 ? ingestionMs : -Infinity;
  events.forEach(({ timestampMs, message }, index) => {
    minMs = Math.min(minMs, timestampMs);
    maxMs = Math.max(maxMs, timestampMs);
    at = bytes.writeDoubleLE(timestampMs, at);
    at = bytes.writeUInt32LE(sizes[index]!, at);
    at += bytes.write(message, at);
  });
  bytes.writeUInt32LE(bytes.length, 4);
  bytes.writeUInt16LE(blockFormat, 8);
  bytes.writeUInt16LE(keyBytes, 10);
  bytes.writeUInt32LE(events.length, 12);
  bytes.writeDoubleLE(minMs, 16);
  bytes.writeDoubleLE(maxMs, 24);
  bytes.writeDoubleLE(ingestionMs, 32);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return {
    bytes,
    block: { offset: 0, sizeBytes: bytes.length, stream, eventCount: events.length, messageBytes, minMs, maxMs, ingestionMs },
  };
}

/** What begins at `at` in `bytes`: a sound block, the beginning of one that may go on, or garbage. */
export function decodeBlock(bytes: Buffer, at: number, offset: number): Block | "incomplete" | "corrupt" {
  if (bytes.length - at < headerBytes) return "incomplete";
  const sizeBytes = bytes.readUInt32LE(at + 4);
  const keyBytes = bytes.readUInt16LE(at + 10);
  const eventCount = bytes.readUInt32LE(at + 12);
  const messageBytes = sizeBytes - headerBytes - keyBytes - eventCount * eventHeaderBytes;
  if (bytes.readUInt16LE(at + 8) !== blockFormat || sizeBytes > maximumBlockBytes || messageBytes < 0) return "corrupt";
  if (bytes.length - at < sizeBytes) return "incomplete";
  if (crc32(bytes.subarray(at + 4, at + sizeBytes)) !== bytes.readUInt32LE(at)) return "corrupt";
  return {
    offset,
    sizeBytes,
    stream: bytes.toString("utf8", at + headerBytes, at + headerBytes + keyBytes),
    eventCount,
    messageBytes,
    minMs: bytes.readDoubleLE(at + 16),
    maxMs: bytes.readDoubleLE(at + 24),
    ingestionMs: bytes.readDoubleLE(at + 32),
  };
}

/** The events of a block's bytes; `wants` is asked before a message is decoded. */
export function* decodeEvents(
  bytes: Buffer,
  block: Block,
  segment: number,
  wants: (position: Position) => boolean,
): Generator<StoredEvent> {
  let at = headerBytes + bytes.readUInt16LE(10);
  for (let index = 0; index < block.eventCount; index++) {
    const timestampMs = bytes.readDoubleLE(at);
    const start = at + eventHeaderBytes;
    at = start + bytes.readUInt32LE(at + 8);
    const position = { timestampMs, segment, offset: block.offset, index };
    if (!wants(position)) continue;
    yield {
      stream: block.stream,
      timestampMs,
      ingestionMs: block.ingestionMs,
      message: bytes.toString("utf8", start, at),
      messageBytes: at - start,
      position,
    };
  }
}
