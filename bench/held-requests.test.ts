import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { countRefusals, hold } from "./held-requests.ts";

test("refusals are counted by what was said, the most frequent first", () => {
  const refused = (refusal: string) => ({ startedMs: undefined, refusal });
  const all = [
    refused("no answer"),
    refused("HTTP/1.1 429 Too Many Requests"),
    { startedMs: 1, refusal: "" },
    refused("HTTP/1.1 429 Too Many Requests"),
  ];
  assert.deepEqual(countRefusals(all), { count: 3, reasons: "429 Too Many Requests (2), no answer (1)" });
  assert.deepEqual(countRefusals([]), { count: 0, reasons: "" });
});

test("a held request ends in any case", async () => {
  const answers = [
    'HTTP/1.1 200 OK\r\ncontent-length: 18\r\n\r\n{"startedMs":12.5}',
    "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
    "",
    undefined,
  ];
  let count = 0;
  const server = createServer((socket) => {
    const answer = answers[count++];
    if (answer === undefined) return;
    socket.once("data", () => (answer === "" ? socket.destroy() : socket.write(answer)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const ask = (limitMs: number) => hold(port, Buffer.from("GET / HTTP/1.1\r\n\r\n"), limitMs);
  try {
    assert.deepEqual(await ask(5_000), { startedMs: 12.5, refusal: "" });
    assert.deepEqual(await ask(5_000), { startedMs: undefined, refusal: "HTTP/1.1 503 Service Unavailable" });
    assert.match((await ask(5_000)).refusal, /the connection was closed|ECONNRESET/);
    assert.deepEqual(await ask(20), { startedMs: undefined, refusal: "no answer" });
  } finally {
    server.close();
  }
  assert.notEqual((await ask(5_000)).refusal, "");
});
