import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ManualClock } from "#kit/manual-clock.ts";
import { randomIds } from "#kit/ids.ts";
import { silentLog } from "#kit/log.ts";
import { SigningKeys } from "#wire/auth/signing-keys.ts";
import { Dispatcher } from "#wire/dispatcher.ts";
import { rootPrincipal } from "#wire/principal.ts";
import { requestListener } from "./gateway.ts";
import { defaultListenerLimits, Listener } from "./listener.ts";

/** The gateway without services: everything before a service is known. */
async function startGateway(limits = defaultListenerLimits): Promise<{ port: number; listener: Listener }> {
  const dispatcher = new Dispatcher({ authorize: () => {} }, randomIds, () => "");
  const gateway = {
    clock: new ManualClock(),
    keys: new SigningKeys(),
    credentials: { find: () => ({ status: "valid" as const, secretAccessKey: "test", principal: rootPrincipal("000000000000") }) },
    log: silentLog,
    dispatcher,
    hosts: [],
    ownHosts: { names: [], allowsAnyName: false },
    doors: async () => [
      { pathPrefix: "/_pilotlight/echo/", handle: ({ path }: { path: string }) => ({ status: 200, headers: {}, body: path }) },
    ],
    health: () => ({ status: "ok" }),
  };
  const listener = new Listener(requestListener(gateway, randomIds), limits);
  return { port: await listener.listen("127.0.0.1", 0), listener };
}

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

function send(port: number, path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    request.on("error", reject).end();
  });
}

describe("the gateway", () => {
  let port: number;
  let listener: Listener;

  before(async () => ({ port, listener } = await startGateway()));
  after(() => listener[Symbol.asyncDispose]());

  test("answers for its health over HTTP/1.1", async () => {
    const { status, body, headers } = await send(port, "/_pilotlight/health");
    assert.equal(status, 200);
    assert.equal(body, '{"status":"ok"}');
    assert.match(String(headers["x-amzn-requestid"]), /^[0-9a-f-]{36}$/);
  });

  test("answers over HTTP/2 without TLS on the same port", async () => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const stream = session.request({ ":path": "/_pilotlight/health" });
    let body = "";
    for await (const chunk of stream) body += String(chunk);
    session.close();
    assert.equal(body, '{"status":"ok"}');
  });

  test("leads paths of its own to the doors", async () => {
    assert.equal((await send(port, "/_pilotlight/echo/x?y=1")).body, "/_pilotlight/echo/x");
    assert.equal((await send(port, "/_pilotlight/nothing")).status, 404);
  });

  test("refuses names that are not its own, for they may have been rebound", async () => {
    for (const host of ["evil.example", "localhost.evil.example", "169.254.169.254.evil.example"]) {
      assert.equal((await send(port, "/_pilotlight/health", { host })).status, 403, host);
    }
    for (const host of ["localhost", "api.localhost:4566", "127.0.0.1:1", "[::1]", "stream-localhost", "123456789012.localhost"]) {
      assert.equal((await send(port, "/_pilotlight/health", { host })).status, 200, host);
    }
  });

  test("refuses what pages of other sites make a browser send", async () => {
    const refused = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];
    for (const headers of refused)
      assert.equal((await send(port, "/_pilotlight/health", headers as never)).status, 403, JSON.stringify(headers));
    const own = { origin: `http://127.0.0.1:${port}`, "sec-fetch-site": "same-origin" };
    assert.equal((await send(port, "/_pilotlight/health", own)).status, 200);
    assert.equal((await send(port, "/_pilotlight/health", { "sec-fetch-site": "none" })).status, 200);
    assert.equal((await send(port, "/_pilotlight/health", { "sec-fetch-site": "none" }, "POST")).status, 403);
  });

  test("says so when a request bears no signature, or asks for a service that is not served", async () => {
    const unsigned = await send(port, "/2015-03-31/functions");
    assert.equal(unsigned.status, 403);
    assert.equal(unsigned.headers["x-amzn-errortype"], "MissingAuthenticationTokenException");
    const authorization = "AWS4-HMAC-SHA256 Credential=test/20260115/us-east-1/braket/aws4_request, SignedHeaders=host, Signature=00";
    const unknown = await send(port, "/", { authorization });
    assert.equal(unknown.status, 501);
    assert.match(unknown.body, /does not serve \\"braket\\" yet/);
  });

  test("survives garbage, and answers the next client", async () => {
    for (const garbage of [
      "\0\0\0\0\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\ngarbage",
      "P",
      `GET /${"x".repeat(100_000)} HTTP/1.1\r\n\r\n`,
    ]) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      socket.end(garbage);
      await delay(5);
    }
    assert.equal((await send(port, "/_pilotlight/health")).status, 200);
  });
});

test("HTTP/2 sessions that are idle are closed", async () => {
  const { port, listener } = await startGateway({ ...defaultListenerLimits, idleTimeoutMs: 30 });
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  await once(session, "close");
  await listener[Symbol.asyncDispose]();
});

test("a client that does not finish its headers is let go", async () => {
  const { port, listener } = await startGateway({ ...defaultListenerLimits, headersTimeoutMs: 60 });
  const lingering = ["", "GET /_pilotlight/health HTTP/1.1\r\nHost: loc"].map((beginning) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(beginning);
    socket.resume();
    return new Promise((resolve) => socket.once("close", resolve));
  });
  await Promise.all(lingering);
  await listener[Symbol.asyncDispose]();
});
