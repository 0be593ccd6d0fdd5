import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Poster } from "./post.ts";

async function tryPost(answer: RequestListener): Promise<void> {
  const server = createServer(answer);
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await new Poster(async () => "").post({ url, mayBePrivate: true, body: "x", contentType: "text/plain", marks: {} });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("an answer of the 2xx takes the message", () => tryPost((_request, response) => void response.writeHead(204).end()));

for (const [status, isFinal] of [
  [301, true],
  [404, true],
  [429, false],
  [500, false],
] as const) {
  test(`${status} ${isFinal ? "is final" : "is tried again"}`, async () => {
    let requests = 0;
    const answer: RequestListener = (_request, response) => {
      requests++;
      response.writeHead(status, { location: "/elsewhere" }).end();
    };
    await assert.rejects(tryPost(answer), { name: "DeliveryFailure", isFinal });
    assert.equal(requests, 1, "redirections are not followed");
  });
}

test("a broken connection is tried again", () =>
  assert.rejects(
    tryPost((request) => void request.socket.destroy()),
    { name: "DeliveryFailure", isFinal: false },
  ));

test("what functions subscribed is not sent to this machine or the networks around it, by whatever name", async () => {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests++;
    response.end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const poster = new Poster(async () => "");
    for (const host of ["127.0.0.1", "127.1", "2130706433", "localhost", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1"]) {
      const post = { url: `http://${host}:${port}/`, mayBePrivate: false, body: "x", contentType: "text/plain", marks: {} };
      await assert.rejects(poster.post(post), { name: "DeliveryFailure", isFinal: true }, host);
    }
    assert.equal(requests, 0);
  } finally {
    server.close();
  }
});

test("an endless answer is not read to its end", async () => {
  await tryPost((_request, response) => {
    response.on("error", () => {});
    const pour = (): void => {
      while (!response.destroyed && response.write("x".repeat(16_384)));
      if (!response.destroyed) response.once("drain", pour);
    };
    pour();
  });
});
