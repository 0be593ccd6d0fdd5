import assert from "node:assert/strict";
import { test } from "node:test";
import { maxFrameBytes } from "./frames.ts";
import { LogFrameReader } from "./framed-logs.ts";

function frame(text: string, timestampMs: number, type = 0xa55a_000a): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(16);
  head.writeUInt32BE(type);
  head.writeUInt32BE(bytes.length, 4);
  head.writeBigUInt64BE(BigInt(timestampMs) * 1000n, 8);
  return Buffer.concat([head, bytes]);
}

function read(chunks: readonly Buffer[]): { events: Array<[number, string]>; isGood: boolean } {
  const events: Array<[number, string]> = [];
  const reader = new LogFrameReader((timestampMs, text) => events.push([timestampMs, text]));
  return { isGood: chunks.every((chunk) => reader.push(chunk)), events };
}

const expected: Array<[number, string]> = [
  [1_768_000_000_123, "one\ntwo"],
  [1_768_000_000_124, ""],
  [1_768_000_000_125, "Grüße"],
];
const stream = Buffer.concat(expected.map(([timestampMs, text]) => frame(text, timestampMs)));

test("log events survive every way to cut the stream in two", () => {
  for (let at = 0; at <= stream.length; at++) {
    assert.deepEqual(read([stream.subarray(0, at), stream.subarray(at)]), { events: expected, isGood: true });
  }
});

test("what is no log event is noticed with its head", () => {
  assert.equal(read([Buffer.from("a line that was printed to it\n")]).isGood, false);
  assert.deepEqual(read([stream, frame("", 0, 0x1234_0000)]), { events: expected, isGood: false });
  const tooLong = frame("", 0);
  tooLong.writeUInt32BE(maxFrameBytes + 1, 4);
  assert.equal(read([tooLong]).isGood, false);
});
