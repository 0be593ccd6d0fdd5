import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { ManualClock } from "#kit/manual-clock.ts";
import { parseResolvers, Resolvers } from "./resolvers.ts";

const query = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1]);
const answer = Buffer.from(query.map((byte, index) => (index === 2 ? 0x81 : byte)));
const foreign = Buffer.from(answer.map((byte, index) => (index === 0 ? 0x99 : byte)));

test("resolvers are those of resolv.conf: three at most, and none but addresses", () => {
  const text =
    "# nameserver 9.9.9.9\nsearch example\nnameserver 10.0.0.1\nnameserver\tfd00::1 \nnameserver host\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n";
  assert.deepEqual(parseResolvers(text), ["10.0.0.1", "fd00::1", "10.0.0.2"]);
  assert.deepEqual(parseResolvers(""), ["127.0.0.1"]);
});

test("an answer is taken from who was asked, and only the one to the question", async () => {
  const server = createSocket("udp4").on("message", (_, { port, address }) => {
    server.send(foreign, port, address);
    server.send(answer, port, address);
  });
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  const resolvers = new Resolvers(new ManualClock(), server.address().port, async () => "nameserver 127.0.0.1\n");
  try {
    assert.deepEqual(await resolvers.ask(query, "datagram"), answer);
  } finally {
    server.close();
  }
});

test("long answers come by a stream, in as many pieces as they like", async () => {
  const server = createServer((socket) => {
    socket.once("data", () => {
      socket.write(Buffer.of(0));
      setImmediate(() => socket.end(Buffer.concat([Buffer.of(answer.length), answer])));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  try {
    assert.deepEqual(await new Resolvers(new ManualClock(), port, async () => "nameserver 127.0.0.1\n").ask(query, "stream"), answer);
  } finally {
    server.close();
  }
});

test("who does not answer is given up, and the next one asked", async () => {
  const server = createSocket("udp4");
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  const clock = new ManualClock();
  const resolvers = new Resolvers(clock, server.address().port, async () => "nameserver 127.0.0.1\nnameserver 127.0.0.1\n");
  try {
    let heard = once(server, "message");
    const asked = resolvers.ask(query, "datagram");
    for (let time = 0; time < 2; time++) {
      await heard;
      heard = once(server, "message");
      await clock.advance(2_000);
    }
    assert.equal(await asked, undefined);
    const interrupted = resolvers.ask(query, "datagram");
    await heard;
    resolvers.close();
    assert.equal(await interrupted, undefined);
  } finally {
    server.close();
  }
});
