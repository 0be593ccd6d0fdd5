/** Requests that nobody should send. Each gets an answer that fits it, or none; the next client gets a good one. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from "node:http2";
import { connect } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createFunction, payloadOf } from "#test/functions.ts";
import { type Product, startProduct } from "#test/product.ts";
import { type Draft, exchangeBytes, headOf, send, sendSigned, sign } from "#test/raw-requests.ts";

const functions = "/2015-03-31/functions";
const creation: Draft = { method: "POST", path: functions, body: "{}" };
/** Logs takes 10 MB at most; Lambda 70 MB. */
const describeGroups: Draft = {
  method: "POST",
  service: "logs",
  headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Logs_20140328.DescribeLogGroups" },
  body: "{}",
};
const megabyte = 1_048_576;

let product: Product;
let endpoint: string;
let host: string;

/** Statuses of all the answers in what came back. */
const statusesIn = (received: string): number[] => [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

/** The head of a signed request, with some headers changed afterwards. */
async function signedHead(draft: Draft, changes: Record<string, string>): Promise<string> {
  const signed = await sign(endpoint, draft);
  const { "content-length": _, ...headers } = signed.headers;
  return `${headOf({ ...signed, headers: { ...headers, ...changes } })}\r\n`;
}

before(async () => {
  product = await startProduct({ headersTimeoutMs: 300, requestTimeoutMs: 700 });
  ({ endpoint } = product);
  ({ host } = new URL(endpoint));
  await createFunction(product.lambda, "neighbour", "exports.handler = async (event) => event;");
});
after(() => product[Symbol.asyncDispose]());

afterEach(async () => {
  assert.equal((await sendSigned(endpoint, { path: functions })).status, 200, "the next client is not served");
  assert.equal(payloadOf(await product.lambda.invoke({ FunctionName: "neighbour", Payload: "7" })), 7);
});

describe("bytes that are no HTTP", () => {
  const health = "GET /_pilotlight/health HTTP/1.1";
  const garbage: Array<[name: string, head: string, status: number]> = [
    ["zeros", "\0\0\0\0\r\n\r\n", 400],
    ["a version that is not", `GET / HTTP/9.9\r\nHost: HOST\r\n\r\n`, 400],
    ["no host", `${health}\r\n\r\n`, 400],
    ["no path", `GET functions HTTP/1.1\r\nHost: HOST\r\n\r\n`, 400],
    ["no path but a star", `OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n`, 400],
    ["somebody else's URL", `GET http://evil.example/_pilotlight/health HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n`, 403],
    ["line feeds alone", `${health}\nHost: HOST\n\n`, 400],
    ["a folded header", `${health}\r\nHost: HOST\r\nx: a\r\n b\r\n\r\n`, 400],
    ["a zero in a header", `${health}\r\nHost: HOST\r\nx: a\0b\r\n\r\n`, 400],
    ["a space before the colon", `${health}\r\nHost : HOST\r\n\r\n`, 400],
    ["a header of 100 KB", `${health}\r\nHost: HOST\r\nx: ${"y".repeat(100_000)}\r\n\r\n`, 431],
    ["20,000 headers", `${health}\r\nHost: HOST\r\n${"x: y\r\n".repeat(20_000)}\r\n`, 431],
    ["a path of 100 KB", `GET /${"y".repeat(100_000)} HTTP/1.1\r\nHost: HOST\r\n\r\n`, 431],
  ];
  for (const [name, head, status] of garbage) {
    test(name, async () => assert.deepEqual(statusesIn(await exchangeBytes(endpoint, head.replaceAll("HOST", host))), [status]));
  }

  test("a tunnel", async () => assert.equal(await exchangeBytes(endpoint, `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`), ""));

  test("an upgrade is not taken", async () => {
    const answer = await send(endpoint, {
      method: "GET",
      target: "/_pilotlight/health",
      headers: { host, connection: "Upgrade", upgrade: "websocket" },
      body: "",
    });
    assert.equal(answer.status, 200);
  });
});

describe("a second request in a body", () => {
  const smuggled = "GET /_pilotlight/health HTTP/1.1\r\nHost: HOST\r\n\r\n";
  const framings = {
    "a length and chunks": "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "chunks by another name": "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks and then something": "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "two lengths": "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a negative length": "Content-Length: -5\r\n\r\nhello",
    "a length with a sign": "Content-Length: +5\r\n\r\nhello",
    "a length beyond all": "Content-Length: 99999999999999999999999\r\n\r\nhello",
    "a chunk beyond all": "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
    "a chunk without a size": "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
  };
  for (const [name, framing] of Object.entries(framings)) {
    test(`by ${name}`, async () => {
      const bytes = `POST /_pilotlight/health HTTP/1.1\r\nHost: ${host}\r\n${framing}${smuggled.replace("HOST", host)}`;
      assert.deepEqual(statusesIn(await exchangeBytes(endpoint, bytes)), [400]);
    });
  }

  test("behind one that is refused unread", async () => {
    const head = `POST /nothing HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\n\r\n`;
    assert.deepEqual(statusesIn(await exchangeBytes(endpoint, head, smuggled.replace("HOST", host))), [403]);
  });
});

describe("headers twice", () => {
  const twice = async (name: string, value: string): Promise<string> => {
    const signed = await sign(endpoint, { path: functions, headers: { connection: "close" } });
    return exchangeBytes(endpoint, `${headOf(signed)}${name}: ${value}\r\n\r\n`);
  };
  test("two hosts are none, whichever is signed", async () => assert.deepEqual(statusesIn(await twice("Host", "evil.example")), [400]));
  test("of two authorizations the first one counts", async () =>
    assert.deepEqual(statusesIn(await twice("Authorization", "AWS4-HMAC-SHA256 x")), [200]));
  test("two dates are none", async () => assert.deepEqual(statusesIn(await twice("X-Amz-Date", "20260101T000000Z")), [400]));
  test("what is not signed is not obeyed", async () =>
    assert.deepEqual(statusesIn(await twice("X-Amz-Target", "Logs_20140328.DescribeLogGroups")), [403]));
});

describe("paths", () => {
  const paths: Array<[path: string, status: number]> = [
    [`${functions}/%`, 400],
    [`${functions}/%00`, 400],
    [`${functions}/%ff`, 400],
    [`${functions}/a%2fb`, 400],
    [`${functions}/%2e%2e%2f%2e%2e%2fetc%2fpasswd`, 400],
    [`${functions}/../functions`, 404],
    [`/${functions}`, 404],
    [`${functions}/${"a".repeat(20_000)}`, 400],
    [`${functions}/${"%41".repeat(20_000)}`, 400],
    ["/__proto__", 404],
    ["/2015-03-31/constructor", 404],
    ["/_pilotlight/../2015-03-31/functions", 404],
    ["/_pilotlight/lambda/code/../../secret.key", 403],
    ["/_pilotlight/lambda/code/%2e%2e%2f%2e%2e%2fsecret.key?Expires=99999999999&Signature=", 403],
    [`/_pilotlight/lambda/code/${"0".repeat(64)}?Expires=1e400&Signature=zz`, 403],
  ];
  for (const [path, status] of paths) {
    test(path.slice(0, 70), async () => {
      const answer = await sendSigned(endpoint, { path });
      assert.equal(answer.status, status, answer.text);
    });
  }
});

describe("bodies over the limit", () => {
  test("are refused by their declared length, unread", async () => {
    const received = await exchangeBytes(endpoint, await signedHead(creation, { "content-length": "70167212" }));
    assert.deepEqual(statusesIn(received), [413]);
    assert.match(received, /Request must be smaller than 70167211 bytes for the CreateFunction operation/);
  });

  test("are not asked for by 100 Continue", async () => {
    const asking = { "content-length": "70167212", expect: "100-continue" };
    assert.deepEqual(statusesIn(await exchangeBytes(endpoint, await signedHead(creation, asking))), [413]);
  });

  test("whereas others are", async () => {
    const received = await exchangeBytes(
      endpoint,
      await signedHead({ path: functions, body: "x", headers: { connection: "close" } }, { "content-length": "1", expect: "100-continue" }),
      "x",
    );
    assert.deepEqual(statusesIn(received), [100, 200]);
  });

  test("an expectation that nobody meets", async () => {
    const received = await exchangeBytes(
      endpoint,
      `GET /_pilotlight/health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nExpect: tea\r\n\r\n`,
    );
    assert.deepEqual(statusesIn(received), [417]);
  });

  test("are cut off at the limit when they come in chunks", async () => {
    const socket = connect(Number(new URL(endpoint).port), "127.0.0.1");
    let received = "";
    socket.on("data", (bytes: Buffer) => (received += bytes.toString())).on("error", () => {});
    socket.write(await signedHead(describeGroups, { "transfer-encoding": "chunked" }));
    const chunk = Buffer.concat([Buffer.from(`${megabyte.toString(16)}\r\n`), Buffer.alloc(megabyte), Buffer.from("\r\n")]);
    let sentMegabytes = 0;
    for (; !socket.closed && socket.bytesRead === 0 && sentMegabytes < 100; sentMegabytes++) {
      await new Promise<void>((resolve) => socket.write(chunk, () => resolve()));
    }
    assert.deepEqual(statusesIn(received), [413]);
    assert.ok(sentMegabytes >= 10 && sentMegabytes < 30, `${sentMegabytes} MB were taken`);
    socket.destroy();
  });

  test("of strangers are not waited for", async () => {
    const unfinished = { "content-length": "1000000" };
    const unsigned = await signedHead(describeGroups, unfinished);
    const anonymous = unsigned.replace(/authorization: .*\r\n/i, "");
    assert.notEqual(anonymous, unsigned);
    assert.match(await exchangeBytes(endpoint, anonymous, "{"), /^HTTP\/1\.1 403 [^]*MissingAuthenticationToken/);
    const unknown = await signedHead({ ...creation, credentials: { accessKeyId: "AKIANOBODY", secretAccessKey: "x" } }, unfinished);
    assert.match(await exchangeBytes(endpoint, unknown, "{"), /^HTTP\/1\.1 403 [^]*UnrecognizedClientException/);
  });

  test("cost no memory as long as they are only promised", async () => {
    const bytesBefore = process.memoryUsage().arrayBuffers;
    const head = await signedHead(creation, { "content-length": "70000000" });
    const answers = Array.from({ length: 40 }, () => exchangeBytes(endpoint, head, "{"));
    await delay(100);
    assert.ok(process.memoryUsage().arrayBuffers - bytesBefore < 40 * megabyte);
    for (const received of await Promise.all(answers)) assert.deepEqual(statusesIn(received), [408]);
  });
});

describe("half requests and slow clients", () => {
  test("a request that breaks off is not carried out", async () => {
    const body = JSON.stringify({ logGroupName: "half" });
    const signed = await sign(endpoint, {
      ...describeGroups,
      headers: { ...describeGroups.headers, "x-amz-target": "Logs_20140328.CreateLogGroup" },
      body,
    });
    const socket = connect(Number(new URL(endpoint).port), "127.0.0.1");
    socket.on("error", () => {});
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume().end(`${headOf({ ...signed, headers: { ...signed.headers, "content-length": "100" } })}\r\n${body}`);
    await closed;
    assert.deepEqual((await product.logs.describeLogGroups({ logGroupNamePrefix: "half" })).logGroups, []);
  });

  test("a client that says nothing is let go", async () => assert.equal(await exchangeBytes(endpoint), ""));

  test("a client that stops in its headers is told", async () => {
    assert.deepEqual(statusesIn(await exchangeBytes(endpoint, `GET / HTTP/1.1\r\nHost: ${host}`)), [408]);
  });

  test("a client that stops in its body is told", async () => {
    assert.deepEqual(statusesIn(await exchangeBytes(endpoint, await signedHead(creation, { "content-length": "2" }), "{")), [408]);
  });

  test("a client that types letter by letter is served", async () => {
    const socket = connect(Number(new URL(endpoint).port), "127.0.0.1");
    await once(socket.setNoDelay(true), "connect");
    const received = new Promise<string>((resolve) => socket.once("data", (bytes: Buffer) => resolve(bytes.toString())));
    for (const letter of `POST /_pilotlight/health HTTP/1.1\r\nHost: ${host}\r\n\r\n`) {
      socket.write(letter);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(statusesIn(await received), [200]);
    socket.destroy();
  });
});

describe("HTTP/2", () => {
  let session: ClientHttp2Session;
  const closed = (stream: ClientHttp2Stream): Promise<unknown> => new Promise((resolve) => stream.once("close", resolve));

  test("a body over the limit ends its stream, and no other", async () => {
    session = connectHttp2(endpoint);
    const { host: _host, ...headers } = (await sign(endpoint, describeGroups)).headers;
    const stream = session.request({ ":method": "POST", ":path": "/", ...headers, "content-length": undefined });
    const status = new Promise((resolve) => stream.once("response", (answer) => resolve(answer[":status"])));
    const gone = closed(stream.on("error", () => {}).resume());
    for (let sent = 0; sent < 40 && !stream.closed; sent++)
      await Promise.race([new Promise((resolve) => stream.write(Buffer.alloc(megabyte), resolve)), gone]);
    assert.equal(await status, 413);
    await gone;
    const other = session.request({ ":path": "/_pilotlight/health" }).resume();
    await closed(other);
    assert.equal(other.rstCode, constants.NGHTTP2_NO_ERROR);
    session.destroy();
  });

  test("a body that does not come is not waited for", async () => {
    session = connectHttp2(endpoint);
    const { host: _host, ...headers } = (await sign(endpoint, creation)).headers;
    const stream = session.request({ ":method": "POST", ":path": functions, ...headers });
    stream.on("error", () => {}).write("{");
    await closed(stream);
    session.destroy();
  });

  test("streams that are begun and taken back by the hundred", async () => {
    session = connectHttp2(endpoint).on("error", () => {});
    for (let index = 0; index < 600 && !session.destroyed; index++) {
      const stream = session.request({ ":path": "/_pilotlight/health" }).on("error", () => {});
      stream.close(constants.NGHTTP2_CANCEL);
      if (index % 100 === 0) await delay(1);
    }
    session.destroy();
  });

  test("headers without end", async () => {
    const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1");
    const frame = (type: number, payload: Buffer): Buffer =>
      Buffer.concat([Buffer.from([payload.length >> 16, payload.length >> 8, payload.length, type, 0, 0, 0, 0, 1]), payload]);
    // A literal header of the static table's name 58 (user-agent), a kilobyte long, again and again, none of them the last.
    const header = Buffer.concat([Buffer.from([0x0f, 0x2b, 0x7f, 0x81, 0x07]), Buffer.alloc(1_024, "x")]);
    const flood = Array.from({ length: 200 }, () => frame(9, Buffer.concat(Array.from({ length: 8 }, () => header))));
    await exchangeBytes(endpoint, preface, frame(1, Buffer.from([0x82, 0x84, 0x86])), ...flood);
  });
});
