import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { test, type TestContext } from "node:test";
import { openEndpointRelay } from "./endpoint-relay.ts";
import { maxUnfinishedBodies } from "./upload-turns.ts";

/** A product that tells what reached it, and a relay before it. */
async function open(t: TestContext, onRequest = (): void => {}): Promise<string> {
  const product = createServer((request, reply) => {
    onRequest();
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () =>
      reply.writeHead(201, { "x-kept": "yes" }).end(`${request.method} ${request.url} ${request.headers.host} ${body}`),
    );
  });
  product.listen(0, "127.0.0.1");
  await once(product, "listening");
  let relay: Server | undefined;
  const network = {
    async listen(server: Server): Promise<string> {
      relay = server.listen(0, "127.0.0.1");
      await once(relay, "listening");
      return "";
    },
    receive: () => assert.fail("nothing is received in there"),
    expose: async () => {},
    connect: () => assert.fail("nobody is called in there"),
    close() {},
  };
  await openEndpointRelay(network, `http://127.0.0.1:${(product.address() as AddressInfo).port}`, (signer) => signer === "ASIAOWN");
  t.after(() => {
    for (const server of [product, relay!]) server.close().closeAllConnections();
  });
  return `http://127.0.0.1:${(relay!.address() as AddressInfo).port}`;
}

const signedBy = (key: string): string =>
  `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00`;

test("what the function's own role signed passes unchanged, and so does what nobody signed", async (t) => {
  const url = await open(t);
  const answer = await fetch(`${url}/a?b=c`, { method: "POST", body: "body", headers: { authorization: signedBy("ASIAOWN") } });
  assert.deepEqual([answer.status, answer.headers.get("x-kept")], [201, "yes"]);
  assert.equal(await answer.text(), `POST /a?b=c ${new URL(url).host} body`);
  assert.equal((await fetch(url)).status, 201);
});

test("what other keys signed is refused, in a header or in the address", async (t) => {
  const url = await open(t);
  const answer = await fetch(url, { headers: { authorization: signedBy("test") } });
  assert.deepEqual([answer.status, answer.headers.get("x-amzn-errortype")], [403, "AccessDeniedException"]);
  for (const query of [
    "X-Amz-Credential=test%2F20260101",
    "x-amz-credential=test/20260101",
    "a=b&X-Amz-Credential=test%2f1",
    "X-Amz-%43redential=test%2F1",
  ]) {
    assert.equal((await fetch(`${url}/?${query}`)).status, 403, query);
  }
  assert.equal((await fetch(`${url}/?X-Amz-Credential=ASIAOWN%2F20260101`)).status, 201);
});

test("our own pages are not opened with the keys of others as user and password; elsewhere a password is the function's business", async (t) => {
  const url = await open(t);
  const statusOf = async (path: string, user: string): Promise<number> => {
    const authorization = `Basic ${Buffer.from(`${user}:secret`).toString("base64")}`;
    return (await fetch(url + path, { headers: { authorization } })).status;
  };
  assert.equal(await statusOf("/_pilotlight/sns/outbox", "test"), 403);
  assert.equal(await statusOf("/_pilotlight/sns/outbox", ""), 403);
  assert.equal(await statusOf("/somewhere", "test"), 201);
});

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; !isSo() && turn < 100_000; turn++) await new Promise(setImmediate);
  assert.ok(isSo());
}

test("bodies that stop half-way keep neither the product nor other requests", async (t) => {
  let reached = 0;
  const url = await open(t, () => reached++);
  const stalled = Array.from({ length: 3 * maxUnfinishedBodies }, () => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.on("error", () => {}).write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
    t.after(() => socket.destroy());
    return socket;
  });
  await until(() => reached === maxUnfinishedBodies);
  assert.equal((await fetch(url)).status, 201);
  assert.equal(reached, maxUnfinishedBodies + 1);
  for (const socket of stalled.slice(0, -1)) socket.destroy();
  // The last one has its turn, when those before it are gone.
  await until(() => reached >= maxUnfinishedBodies + 2);
  assert.equal((await fetch(url, { method: "POST", body: "whole" })).status, 201);
});
