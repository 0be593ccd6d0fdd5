import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeInvoke, FrameReader, frameType, FrameViolation, maxFrameBytes } from "./frames.ts";

interface Frame {
  type: number;
  body: string;
}

function frame(type: number, body: string | Buffer): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.writeUInt32LE(bytes.length + 1);
  head[4] = type;
  return Buffer.concat([head, bytes]);
}

function read(chunks: Iterable<Buffer>): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader((type, body) => frames.push({ type, body: body.toString("latin1") }));
  for (const chunk of chunks) reader.push(chunk);
  return frames;
}

const sample: Frame[] = [
  { type: frameType.ready, body: "" },
  { type: frameType.log, body: "one\ntwo" },
  { type: frameType.response, body: "x".repeat(300) },
  { type: frameType.error, body: "{}" },
];
const stream = Buffer.concat(sample.map(({ type, body }) => frame(type, body)));

test("frames survive every way to cut the stream in two or three", () => {
  assert.deepEqual(read([stream]), sample);
  for (let first = 0; first <= stream.length; first++) {
    assert.deepEqual(read([stream.subarray(0, first), stream.subarray(first)]), sample);
    for (let second = first; second <= stream.length; second += 7) {
      assert.deepEqual(read([stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)]), sample);
    }
  }
});

test("frames survive chunks of every size", () => {
  for (let size = 1; size <= 40; size++) {
    const chunks = Array.from({ length: Math.ceil(stream.length / size) }, (_, i) => stream.subarray(i * size, (i + 1) * size));
    assert.deepEqual(read(chunks), sample);
  }
});

test("no more frames are taken than were asked for; the rest is the caller's", () => {
  const types: number[] = [];
  const reader = new FrameReader((type) => types.push(type));
  const first = reader.push(stream, 2);
  assert.deepEqual(types, [frameType.ready, frameType.log]);
  assert.equal(first + reader.push(stream.subarray(first), 2), stream.length);
  assert.deepEqual(
    types,
    sample.map(({ type }) => type),
  );
});

test("a frame that came whole is not copied", () => {
  const bytes = frame(frameType.response, "abc");
  let seen: Buffer | undefined;
  new FrameReader((_, body) => (seen = body)).push(bytes);
  bytes[5] = 0x7a;
  assert.equal(seen?.toString(), "zbc");
});

test("a body handed out does not change with later frames", () => {
  const bodies: Buffer[] = [];
  const reader = new FrameReader((_, body) => bodies.push(body));
  for (const letter of ["a", "b"]) for (const byte of frame(frameType.log, letter.repeat(9))) reader.push(Buffer.of(byte));
  assert.deepEqual(bodies.map(String), ["aaaaaaaaa", "bbbbbbbbb"]);
});

test("the largest frame passes, one byte more is a violation that names its type", () => {
  const largest = frame(frameType.response, Buffer.alloc(maxFrameBytes - 1, "x"));
  assert.equal(read([largest.subarray(0, 65_536), largest.subarray(65_536)])[0]?.body.length, maxFrameBytes - 1);
  const head = Buffer.alloc(5);
  head.writeUInt32LE(maxFrameBytes + 1);
  head[4] = frameType.response;
  const isTooLong = (error: unknown): boolean => error instanceof FrameViolation && error.type === frameType.response;
  assert.throws(() => read([head]), isTooLong);
  assert.throws(() => read([head.subarray(0, 4), head.subarray(4)]), isTooLong);
});

test("a length of zero is a violation", () => {
  assert.throws(() => read([Buffer.alloc(5)]), FrameViolation);
});

test("a claimed length allocates nothing until bytes arrive", () => {
  const readers = Array.from({ length: 2_000 }, () => new FrameReader(() => assert.fail("no frame is complete")));
  const head = Buffer.alloc(5);
  head.writeUInt32LE(maxFrameBytes);
  const beforeBytes = process.memoryUsage().arrayBuffers;
  for (const reader of readers) reader.push(head);
  assert.ok(process.memoryUsage().arrayBuffers - beforeBytes < 100 * 1024 * 1024);
});

test("an INVOKE is header and payload, whatever the size", () => {
  const header = { requestId: "r", deadlineMs: 5, invokedFunctionArn: "arn:é", traceId: "Root=1" };
  for (const size of [0, 1, 100, 40_000]) {
    const pieces: Uint8Array[] = [];
    encodeInvoke(header, Buffer.alloc(size, "p"), (bytes) => pieces.push(bytes));
    let body = Buffer.alloc(0);
    new FrameReader((type, bytes) => {
      assert.equal(type, frameType.invoke);
      body = Buffer.from(bytes);
    }).push(Buffer.concat(pieces));
    const jsonBytes = body.readUInt32LE(0);
    assert.deepEqual(JSON.parse(body.toString("utf8", 4, 4 + jsonBytes)), header);
    assert.equal(body.toString("utf8", 4 + jsonBytes), "p".repeat(size));
  }
});
