import assert from "node:assert/strict";
import { test } from "node:test";
import { ResponseStream } from "./response-stream.ts";

const megabyte = Buffer.alloc(1024 * 1024);

test("a reader gets what was written, in order, and its end", async () => {
  const stream = new ResponseStream();
  stream.begin("text/plain");
  assert.equal(await stream.begun, "text/plain");
  void stream.write(Buffer.from("a"));
  const read = Array.fromAsync(stream, (bytes) => Buffer.from(bytes).toString());
  await new Promise((resolve) => setImmediate(resolve));
  void stream.write(Buffer.from("b"));
  void stream.write(Buffer.from("c"));
  stream.end();
  assert.deepEqual(await read, ["a", "b", "c"]);
});

test("small pieces that wait are put together, and do not hold on to what they were received with", async () => {
  const stream = new ResponseStream();
  const received = Buffer.from("x".repeat(64 * 1024));
  let room: Promise<void> | undefined;
  let written = 0;
  for (; !room && written < 2 * 1024 * 1024; written++) room = stream.write(received.subarray(0, 1));
  assert.ok(room, "a megabyte of single bytes is a megabyte");
  void stream.write(megabyte);
  void stream.write(received.subarray(0, 1));
  stream.end();
  const pieces = await Array.fromAsync(stream);
  assert.ok(pieces.length < 100, `${pieces.length} pieces`);
  assert.ok(pieces.slice(1).every((piece) => piece.buffer !== received.buffer));
  assert.equal(
    pieces.reduce((sum, { length }) => sum + length, 0),
    written + megabyte.length + 1,
  );
  assert.deepEqual([pieces.at(-2)!.length, pieces.at(-1)!.length], [megabyte.length, 1]);
});

test("pieces without a byte are not kept", async () => {
  const stream = new ResponseStream();
  for (let count = 0; count < 1_000; count++) void stream.write(Buffer.alloc(0));
  stream.end();
  assert.deepEqual(await Array.fromAsync(stream), []);
});

test("beyond a megabyte the writer waits until the reader has taken it", async () => {
  const stream = new ResponseStream();
  assert.equal(stream.write(megabyte.subarray(1_000)), undefined);
  const room = stream.write(Buffer.from("more".repeat(1_000)));
  assert.ok(room);
  let hasRoom = false;
  void room.then(() => (hasRoom = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(hasRoom, false);
  const reader = stream[Symbol.asyncIterator]();
  await reader.next();
  await room;
  await reader.return?.();
});

test("without a reader everything has room, and nothing is kept", async () => {
  const stream = new ResponseStream();
  void stream.write(megabyte);
  const room = stream.write(megabyte);
  stream.abandon();
  await room;
  for (let count = 0; count < 10; count++) assert.equal(stream.write(megabyte), undefined);
  assert.deepEqual(await Array.fromAsync(stream), []);
});

test("who stops reading has gone away", async () => {
  const stream = new ResponseStream();
  void stream.write(Buffer.from("a"));
  for await (const _ of stream) break;
  void stream.write(megabyte);
  assert.equal(stream.write(megabyte), undefined);
});
