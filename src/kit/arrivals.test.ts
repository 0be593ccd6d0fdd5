import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { PassThrough, type Readable } from "node:stream";
import { describe, test } from "node:test";
import { onArrival } from "./arrivals.ts";

/** Two sockets that are connected. */
async function pair(talk: (near: Socket, far: Socket) => Promise<void>): Promise<void> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const far = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [near] = (await once(server, "connection")) as [Socket];
  try {
    await talk(near, far);
  } finally {
    near.destroy();
    far.destroy();
    server.close();
  }
}

/** All that arrives as text, and a way to wait until it is as long as wanted. */
function gather(stream: Readable): { text: () => string; until: (length: number) => Promise<void>; stop: () => void } {
  let text = "";
  let onMore = (): void => {};
  const stop = onArrival(stream, (chunk) => {
    text += chunk.toString("latin1");
    onMore();
  });
  const until = async (length: number): Promise<void> => {
    while (text.length < length) await new Promise<void>((resolve) => (onMore = resolve));
  };
  return { text: () => text, until, stop };
}

describe("what arrives at a socket", () => {
  test("is taken in order, up to the end", () =>
    pair(async (near, far) => {
      const { text, until } = gather(near);
      for (const piece of ["one ", "two ", "three"]) {
        far.write(piece);
        await until(text().length + piece.length);
      }
      const ended = once(near, "end");
      far.end();
      await ended;
      assert.equal(text(), "one two three");
    }));

  test("is taken without the stream's queue", () =>
    pair(async (near, far) => {
      let emitted = 0;
      const { until } = gather(near);
      near.on("data", () => emitted++);
      far.write("one");
      await until(3);
      assert.equal(emitted, 0);
    }));

  test("waits while it is paused, and holds up its sender", () =>
    pair(async (near, far) => {
      const { text, until } = gather(near);
      far.write("before ");
      await until(7);
      near.pause();
      const much = "x".repeat(8 * 1024 * 1024);
      far.write(much);
      while (near.readableLength < near.readableHighWaterMark) await new Promise((resolve) => setTimeout(resolve, 1));
      assert.ok(text() === "before " && far.writableLength > 0);
      near.resume();
      await until(7 + much.length);
      far.write(" after");
      await until(7 + much.length + 6);
      assert.ok(text() === `before ${much} after`);
    }));

  test("may be put back, and goes to others once nobody takes it", () =>
    pair(async (near, far) => {
      const { text, until, stop } = gather(near);
      far.write("ours ");
      await until(5);
      stop();
      near.pause();
      near.unshift(Buffer.from("back "));
      let others = "";
      near.on("data", (chunk: Buffer) => (others += chunk.toString())).resume();
      far.write("theirs");
      while (others.length < 11) await once(near, "data");
      assert.equal(text(), "ours ");
      assert.equal(others, "back theirs");
    }));
});

test("other streams are read as always", async () => {
  const stream = new PassThrough();
  const { text, until } = gather(stream);
  for (let number = 0; number < 100; number++) stream.write("x".repeat(1_000));
  await until(100_000);
  assert.equal(text().length, 100_000);
});
