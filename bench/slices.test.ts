import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { LoadClient, measureLoad } from "./load-client.ts";
import { compare, interleave, meanSlice, type Slice, type Subject } from "./slices.ts";
import { pause } from "./statistics.ts";

const slice = (perSecond: number, p50Ms = 1): Slice => ({
  perSecond,
  p50Ms,
  p99Ms: p50Ms * 2,
  cpuUs: Number.NaN,
  functionsCpuUs: Number.NaN,
  clientCpuUs: 1,
});

test("a slice is compared with the yardstick's around it", () => {
  const middle = meanSlice(slice(100, 1), slice(300, 3));
  assert.equal(middle.perSecond, 200);
  assert.equal(middle.p50Ms, 2);

  // The machine grows slower by and by; the ratio stays.
  const pairs = [1, 0.5, 0.4].map((speed) => ({ own: slice(100 * speed), yardstick: slice(400 * speed) }));
  assert.deepEqual(compare(pairs, "perSecond"), {
    own: 50,
    yardstick: 200,
    ratio: { median: 0.25, lowerQuartile: 0.25, upperQuartile: 0.25 },
  });
});

/** Listens until the work is done; `answer` says what to do with each request, by its number. */
async function serving(
  listener: (number: number) => { status: number; endsConnection: boolean },
  work: (port: number, server: Server) => Promise<void>,
) {
  let count = 0;
  const server = createServer((_, response) => {
    const { status, endsConnection } = listener(count++);
    response.writeHead(status, { "content-length": 2, ...(endsConnection && { connection: "close" }) }).end("ok");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await work((server.address() as AddressInfo).port, server);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const request = Buffer.from("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
const subject = (name: string, port: number): Subject => ({ name, server: { port }, request, warmUpSeconds: 0 });
const limits = { connections: 2, slices: 2, seconds: { measured: 0.02, warmUp: 0 } };

test("slices alternate, and one that fails does not stop the others", async () => {
  await serving(
    () => ({ status: 200, endsConnection: false }),
    (good) =>
      serving(
        () => ({ status: 500, endsConnection: false }),
        async (bad) => {
          const outcomes = await interleave(subject("yardstick", good), [subject("good", good), subject("bad", bad)], limits);
          assert.equal(outcomes.get("good")?.pairs.length, 2);
          assert.equal(outcomes.get("good")?.failure, undefined);
          assert.ok(outcomes.get("good")?.pairs.every(({ own, yardstick }) => own.perSecond > 0 && yardstick.perSecond > 0));
          assert.deepEqual(outcomes.get("bad"), { pairs: [], failure: "the server answered HTTP/1.1 500 Internal Server Error" });
          await assert.rejects(interleave(subject("yardstick", bad), [], limits), /500/);
        },
      ),
  );
});

test("connections that a server has ended while they were at rest are opened again", async () => {
  await serving(
    () => ({ status: 200, endsConnection: false }),
    async (port, server) => {
      const client = new LoadClient(port, request, 2);
      try {
        await client.run(0.01, 0);
        server.closeAllConnections();
        // It cannot have noticed yet.
        assert.ok((await client.run(0.01, 0)).requestCount >= 2);
        server.closeAllConnections();
        await pause(20);
        assert.ok((await client.run(0.01, 0)).requestCount >= 2);
      } finally {
        client.close();
      }
    },
  );
});

test("a server may end each connection after its answer", async () => {
  let answers = 0;
  await serving(
    () => ({ status: 200, endsConnection: answers++ >= 0 }),
    async (port) => {
      const { requestCount } = await measureLoad(port, request, 2, 0.05, 0);
      assert.ok(requestCount >= 2);
      assert.equal(requestCount, answers);
    },
  );
});
