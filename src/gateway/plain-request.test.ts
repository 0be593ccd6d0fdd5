import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { HeadPattern } from "./head-pattern.ts";
import { maximumPlainBytes, type PlainRequest, readPlainRequest } from "./plain-request.ts";

const read = (text: string, patterns?: HeadPattern[]) => readPlainRequest(Buffer.from(text, "latin1"), patterns);

/** What is the same whether or not the request was familiar: all but its kind. */
function plain(request: ReturnType<typeof read>): unknown {
  if (typeof request === "string") return request;
  const { method, target, headers, httpVersion } = request.head;
  return { method, target, httpVersion, headers: Object.entries(headers), body: request.body.toString("latin1") };
}
const body = '{"a":1}';
const post = (headers: string, content = body): string => `POST /f?q=%41 HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${content}`;

describe("a plain request", () => {
  test("is read with its names in lower case", () => {
    const request = read(
      post(`X-Amz-Date:20260115T120000Z\r\nEmpty:\r\nSpaced: a  b\r\n__proto__: x\r\nContent-Length: ${body.length}\r\n`),
    );
    assert.ok(typeof request === "object");
    assert.equal(request.body.toString(), body);
    assert.deepEqual(plain(request), {
      method: "POST",
      target: "/f?q=%41",
      httpVersion: "1.1",
      body,
      headers: [
        ["host", "localhost"],
        ["x-amz-date", "20260115T120000Z"],
        ["empty", ""],
        ["spaced", "a  b"],
        ["__proto__", "x"],
        ["content-length", "7"],
      ],
    });
  });

  test("is read the same whatever came before it on the connection", () => {
    const patterns: HeadPattern[] = [];
    const heads = [
      "Host: localhost\r\nX-A: 1\r\nX-Amz-Date: 2\r\n",
      "Host: localhost\r\nX-A: 1\r\nX-Amz-Date: 3 4\r\n",
      "Host: localhost\r\nX-A: 2\r\nX-Amz-Date: 3\r\n",
      "Host: localhost\r\nX-A: 1\r\nX-Amz-Date: 3\r\nX-B:\r\n",
      "Host: localhost\r\nX-A: 1\r\nX-Amz-Date:\r\n",
      "Host: localhost\r\nX-A: 5\r\n",
      "host: localhost\r\n__proto__: 8\r\nX-AMZ-DATE:9\r\n",
      "host: localhost\r\n__proto__: 8\r\nX-AMZ-DATE:10\r\n",
    ].map((lines) => `GET / HTTP/1.1\r\n${lines}\r\n`);
    for (const head of heads) assert.deepEqual(plain(read(head, patterns)), plain(read(head)), head);
    assert.equal(patterns.length, 4);
    const [first, second] = heads.map((head) => read(head, patterns) as PlainRequest);
    assert.ok(first!.head.kind !== undefined && first!.head.kind === second!.head.kind);
  });

  test("means the same beside one that differs from it by little", () => {
    const signature = "0123456789abcdef".repeat(4);
    const good =
      "POST /f?a=b HTTP/1.1\r\nhost: localhost\r\ncontent-length: 7\r\namz-sdk-request: attempt=1; max=3\r\nx-amz-date: 20260115T120000Z\r\n" +
      `authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=${signature}\r\nx-last: c\r\n\r\n`;
    let familiarCount = 0;
    const compare = (text: string): void => {
      const patterns: HeadPattern[] = [];
      read(good + body, patterns);
      const [pattern] = patterns;
      const request = read(text, patterns);
      assert.deepEqual(plain(request), plain(read(text)), text);
      if (typeof request === "object" && request.head.kind === pattern!.kind) familiarCount++;
    };
    for (let at = 0; at <= good.length; at++) {
      compare(good.slice(0, at) + good.slice(at + 1) + body);
      for (const piece of ["0", "f", "G", " ", "\r", "\n", "\r\n", "\r\n\r\n", ":", "\t", "\0", "\xfc", "\r\nhost: b", "\r\nx-a: b"]) {
        compare(good.slice(0, at) + piece + good.slice(at) + body);
        compare(good.slice(0, at) + piece + good.slice(at + piece.length) + body);
      }
    }
    assert.ok(familiarCount > 500, `${familiarCount} were familiar`);
  });

  test("needs no body", () => {
    const request = read("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: Keep-Alive\r\n\r\n");
    assert.ok(typeof request === "object");
    assert.equal(request.body.length, 0);
  });

  test("is unfinished until its body is there", () => {
    assert.equal(read(post("Content-Length: 8\r\n")), "unfinished");
    assert.equal(read(post("Content-Length: 8\r\n", "")), "unfinished");
  });
});

describe("unusual is", () => {
  const cases: Record<string, string> = {
    "half a head": "GET / HTTP/1.1\r\nHost: localhost\r\n",
    "no head": "\0\0\0\0\r\n\r\n",
    "a line before the first": "\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "another version": "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n",
    "an answer without a body": "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a tunnel": "CONNECT localhost HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a whole URL": "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a fragment": "GET /#a HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a space in the path": "GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no host": "GET / HTTP/1.1\r\nA: b\r\n\r\n",
    "an empty host": "GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "line feeds alone": "GET / HTTP/1.1\nHost: localhost\n\r\n\r\n",
    "a folded header": post("a: b\r\n c\r\n", ""),
    "a space before a colon": post("a : b\r\n", ""),
    "a space behind a value": post("a: b \r\n", ""),
    "a tab": post("a:\tb\r\n", ""),
    "a carriage return in a value": post("a: b\rc\r\n", ""),
    "a zero": post("a: \0\r\n", ""),
    "a letter beyond ASCII": post("a: \xfc\r\n", ""),
    "a header twice": post("a: b\r\nA: b\r\n", ""),
    "two lengths": post("Content-Length: 7\r\ncontent-length: 7\r\n"),
    "a length with a sign": post("Content-Length: +7\r\n"),
    "a list of lengths": post("Content-Length: 7, 7\r\n"),
    "an empty length": post("Content-Length:\r\n"),
    "a body without a length": post(""),
    chunks: post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    "a length and chunks": post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    "an expectation": post("Content-Length: 7\r\nExpect: 100-continue\r\n", ""),
    "an upgrade": post("Connection: Upgrade\r\nUpgrade: h2c\r\n", ""),
    "a last request": post("Connection: close\r\n", ""),
    "more than one request": post("Content-Length: 1\r\n"),
    "a large body": post(`Content-Length: ${maximumPlainBytes}\r\n`, ""),
    "a large head": post(`a: ${"b".repeat(16_384)}\r\n`, ""),
  };
  for (const [name, text] of Object.entries(cases)) test(name, () => assert.equal(read(text), "unusual"));
});

test("a head that takes the grammar long does not exist", () => {
  const started = process.cpuUsage();
  for (const piece of ["a", "a:", ": ", " ", "\r", "a: b\r\n", "!"]) {
    read(`GET / HTTP/1.1\r\n${piece.repeat(Math.floor(16_000 / piece.length))}\0\r\n\r\n`);
    read(`GET /${piece.repeat(Math.floor(16_000 / piece.length))}\0\r\n\r\n`);
  }
  assert.ok(process.cpuUsage(started).user < 5_000_000);
});
