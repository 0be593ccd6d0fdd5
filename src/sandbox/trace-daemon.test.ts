import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { silentLog } from "#kit/log.ts";
import { ManualClock } from "#kit/manual-clock.ts";
import { SharedNetwork } from "./drivers/shared-network.ts";
import { documentIn, openTraceDaemon } from "./trace-daemon.ts";

const header = '{"format":"json","version":1}';

test("a datagram is a header and a document", () => {
  assert.equal(documentIn(Buffer.from(`${header}\n{"name":"ü"}`)), '{"name":"ü"}');
  assert.equal(documentIn(Buffer.from(`{"version": 1, "format": "json"}\n`)), "");
  for (const bad of ["", "\n", header, "{\n{}", '{"format":"json","version":2}\n{}', `null\n{}`, `${" ".repeat(300)}${header}\n{}`]) {
    assert.equal(documentIn(Buffer.from(bad)), undefined, bad);
  }
});

test("what is sent to the address is taken, until the network is closed", async () => {
  const network = new SharedNetwork();
  const taken: string[] = [];
  const arrived = Promise.withResolvers<void>();
  const address = await openTraceDaemon(network, { clock: new ManualClock(), log: silentLog }, (documents) => {
    taken.push(...documents);
    if (taken.length === 2) arrived.resolve();
  });
  const [host, port] = address.split(":") as [string, string];
  const client = createSocket("udp4");
  const send = (text: string): Promise<void> =>
    new Promise((resolve, reject) => client.send(text, Number(port), host, (error) => (error ? reject(error) : resolve())));
  for (const text of [`${header}\nfirst`, "no header", `${header}\nsecond`]) await send(text);
  await arrived.promise;
  assert.deepEqual(taken, ["first", "second"]);
  network.close();
  client.close();
});

test("who floods it is not listened to any more", async () => {
  const clock = new ManualClock();
  let socket: Socket | undefined;
  let count = 0;
  const network = new (class extends SharedNetwork {
    override async receive(bound: Socket): Promise<string> {
      socket = bound;
      return "";
    }
  })();
  await openTraceDaemon(network, { clock, log: silentLog }, () => count++);
  const closed = once(socket!, "close");
  const send = (times: number): void => {
    for (let each = 0; each < times; each++) socket!.emit("message", Buffer.from(`${header}\nx`));
  };
  send(20_000);
  await clock.advance(1_000);
  send(20_000);
  assert.equal(count, 40_000);
  send(1);
  await closed;
  assert.equal(count, 40_000);
});
