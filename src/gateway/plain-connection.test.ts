import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, test } from "node:test";
import { whenKnown } from "#kit/eventual.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { defaultListenerLimits, Listener } from "./listener.ts";
import type { Peer, Receive, RequestHead } from "./peer.ts";
import { PlainServer } from "./plain-server.ts";

const request = (path: string, body = ""): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Answers with method, path and body, unless a test says otherwise. */
const echo: Receive = ({ method, target }, peer) => {
  const body = peer.readBody(1_000_000, () => assert.fail("too large"));
  void whenKnown(body, (whole) => peer.send({ status: 200, headers: {}, body: `${method} ${target} ${whole.toString()}` }));
};

/** A listener, and a client connected to it that keeps what it receives. */
async function converse(receive: Receive, talk: (client: Client, listener: Listener) => Promise<void>, limits = {}): Promise<void> {
  const listener = new Listener(receive, { ...defaultListenerLimits, ...limits }, new ManualClock(Date.UTC(2026, 0, 15)));
  const port = await listener.listen("127.0.0.1", 0);
  const client = new Client(port);
  try {
    await talk(client, listener);
  } finally {
    client.socket.destroy();
    await listener[Symbol.asyncDispose]();
  }
}

class Client {
  readonly socket: Socket;
  received = "";

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.socket.on("data", (chunk: Buffer) => (this.received += chunk.toString("latin1"))).on("error", () => {});
  }

  /** Resolves when what was received contains `text`; a connection that closes before is a failure. */
  async until(text: string): Promise<void> {
    while (!this.received.includes(text)) {
      assert.ok(!this.socket.destroyed, `closed before "${text}": ${this.received}`);
      await Promise.race([once(this.socket, "data"), once(this.socket, "close")]);
    }
  }
}

describe("a plain connection", () => {
  test("answers one request after the other", () =>
    converse(echo, async (client) => {
      client.socket.write(request("/a", "one"));
      await client.until("POST /a one");
      assert.equal(
        client.received,
        "HTTP/1.1 200 OK\r\ncontent-length: 11\r\ndate: Thu, 15 Jan 2026 00:00:00 GMT\r\nconnection: keep-alive\r\nkeep-alive: timeout=75\r\n\r\nPOST /a one",
      );
      client.socket.write(request("/b", "two"));
      await client.until("POST /b two");
    }));

  test("waits for a body that comes later", () =>
    converse(echo, async (client) => {
      const [head, body] = [request("/a", "late").slice(0, -4), "late"];
      for (const piece of [head, body.slice(0, 2), body.slice(2)]) {
        client.socket.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await client.until("POST /a late");
    }));

  test("leaves requests that come all at once to node:http", () =>
    converse(echo, async (client) => {
      client.socket.write(request("/a", "1") + request("/b", "2") + request("/c", "3"));
      await client.until("POST /c 3");
      assert.deepEqual(client.received.match(/POST \/. ./g), ["POST /a 1", "POST /b 2", "POST /c 3"]);
    }));

  test("answers those that come ahead in their order", async () => {
    const asked: Array<[RequestHead, Peer]> = [];
    await converse(
      (head, peer) => void asked.push([head, peer]),
      async (client) => {
        client.socket.write(request("/a"));
        while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
        client.socket.write(request("/b"));
        await new Promise((resolve) => setTimeout(resolve, 5));
        assert.equal(asked.length, 1);
        await asked[0]![1].send({ status: 204, headers: {} });
        while (asked.length === 1) await new Promise((resolve) => setImmediate(resolve));
        assert.equal(asked[1]![0].target, "/b");
        await asked[1]![1].send({ status: 200, headers: {}, body: "last" });
        await client.until("last");
        assert.match(
          client.received,
          /^HTTP\/1\.1 204 No Content\r\ndate: .*\r\nconnection: keep-alive\r\nkeep-alive: timeout=75\r\n\r\nHTTP\/1\.1 200 OK/,
        );
      },
    );
  });

  test("sends what comes piece by piece in chunks", () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (const piece of ["one", "", "x".repeat(200_000), "three"]) yield Buffer.from(piece);
    }
    return converse(
      (_head, peer) => void peer.send({ status: 200, headers: {}, body: pieces() }),
      async (client) => {
        client.socket.write(request("/a"));
        await client.until("5\r\nthree\r\n0\r\n\r\n");
        assert.match(client.received, /transfer-encoding: chunked\r\n(?:.+\r\n)*\r\n3\r\none\r\n30d40\r\nx{200000}\r\n5\r\nthree/);
        client.received = "";
        client.socket.write(request("/b"));
        await client.until("0\r\n\r\n");
      },
    );
  });

  test("breaks off when a stream fails", () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("one");
      throw new Error("no more");
    }
    return converse(
      (_head, peer) => void (peer.send({ status: 200, headers: {}, body: pieces() }) as Promise<void>).catch(() => {}),
      async (client) => {
        client.socket.write(request("/a"));
        await once(client.socket, "close");
        assert.doesNotMatch(client.received, /\r\n0\r\n/);
      },
    );
  });

  test("tells when the client is gone, and sends it nothing more", async () => {
    const gone = Promise.withResolvers<Peer>();
    await converse(
      (_head, peer) => peer.onceOver(() => gone.resolve(peer)),
      async (client) => {
        client.socket.write(request("/a"), () => client.socket.destroy());
        const peer = await gone.promise;
        await peer.send({ status: 200, headers: {}, body: "late" });
        let isTold = false;
        peer.onceOver(() => (isTold = true));
        assert.ok(isTold);
      },
    );
  });

  test("lets nobody write headers into an answer", () =>
    converse(
      (_head, peer) => {
        assert.throws(() => peer.send({ status: 200, headers: { "x-a": "b\r\nx-c: d" } }), /x-a cannot be sent/);
        assert.throws(() => peer.send({ status: 200, headers: { "x-a: b\r\nx-c": "d" } }), /cannot be sent/);
        peer.breakOff();
      },
      async (client) => {
        client.socket.write(request("/a"));
        await once(client.socket, "close");
        assert.equal(client.received, "");
      },
    ));

  test("leaves a body that does not come to the time limits of node:http", () =>
    converse(
      (_head, peer) => void (peer.readBody(100, () => assert.fail()) as Promise<Buffer>).catch(() => {}),
      async (client) => {
        client.socket.write(request("/a", "one").slice(0, -1));
        await once(client.socket, "close");
        assert.match(client.received, /^HTTP\/1\.1 408 /);
      },
      { headersTimeoutMs: 20, requestTimeoutMs: 40 },
    ));

  test("takes no further request once the listener stops", async () => {
    const asked = Promise.withResolvers<Peer>();
    await converse(
      (_head, peer) => asked.resolve(peer),
      async (client, listener) => {
        client.socket.write(request("/a"));
        const peer = await asked.promise;
        const drained = listener.drain(10_000);
        await peer.send({ status: 200, headers: {}, body: "last" });
        await drained;
        await once(client.socket, "close");
        assert.match(client.received, /connection: close\r\n\r\nlast$/);
      },
    );
  });

  test("ends when it has been idle for long", async () => {
    const idle = {
      checkIntervalMs: 5,
      idleTimeoutMs: 10,
      onBegun() {},
      onOver() {},
      handOver: () => assert.fail("it is a plain one"),
    };
    using plain = new PlainServer({ ...idle, clock: new ManualClock(), receive: echo });
    const server = createServer((socket) => plain.accept(socket, Buffer.from(request("/a", "one"))));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const client = new Client((server.address() as AddressInfo).port);
    await once(client.socket, "close");
    assert.match(client.received, /POST \/a one$/);
    server.close();
  });
});
