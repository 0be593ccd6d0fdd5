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

test("beyond a megabyte the writer waits until the reader has taken it", async () => {
  const stream = new ResponseStream();
  assert.equal(stream.write(megabyte), undefined);
  const room = stream.write(Buffer.from("more"));
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
