/** What Publish has accepted reaches its subscriber, though the process is killed in between. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "#test/functions.ts";
import { type Clients, connect, type ProductProcess, spawnProduct } from "#test/product.ts";

const messageCount = 40;
let dataFolder: string;
let product: ProductProcess | undefined;
let subscriber: Server;
/** How the subscriber answers. */
let status = 200;
const confirmations: string[] = [];
const delivered = new Set<string>();

before(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-topics-"));
  subscriber = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const document = JSON.parse(body) as Record<string, string>;
      if (document.Type === "SubscriptionConfirmation") confirmations.push(document.Token!);
      else if (status === 200) delivered.add(document.Message!);
      response.writeHead(document.Type === "Notification" ? status : 200).end();
    });
  });
  await once(subscriber.listen(0, "127.0.0.1"), "listening");
});
after(async () => {
  product?.process.kill("SIGKILL");
  subscriber.closeAllConnections();
  subscriber.close();
  await rm(dataFolder, { recursive: true, force: true, maxRetries: 5 });
});

async function kill(clients: Clients): Promise<void> {
  for (const client of Object.values(clients) as Array<{ destroy(): void }>) client.destroy();
  product!.process.kill("SIGKILL");
  await once(product!.process, "exit");
}

test("messages that were accepted survive kill -9", async () => {
  product = await spawnProduct(dataFolder, "--https-port", "none");
  const clients = connect(product.endpoint);
  const { TopicArn } = await clients.sns.createTopic({ Name: "durable" });
  const { port } = subscriber.address() as AddressInfo;
  const DeliveryPolicy = JSON.stringify({ healthyRetryPolicy: { minDelayTarget: 1, maxDelayTarget: 1, numRetries: 100 } });
  await clients.sns.subscribe({ TopicArn, Protocol: "http", Endpoint: `http://127.0.0.1:${port}/`, Attributes: { DeliveryPolicy } });
  await eventually(
    async () => confirmations.length,
    (count) => count > 0,
  );
  await clients.sns.confirmSubscription({ TopicArn, Token: confirmations[0] });
  status = 503;
  const texts = Array.from({ length: messageCount }, (_, index) => `m${index}`);
  await Promise.all(texts.map((Message) => clients.sns.publish({ TopicArn, Message })));
  await kill(clients);

  assert.equal(delivered.size, 0);
  status = 200;
  product = await spawnProduct(dataFolder, "--https-port", "none");
  await eventually(
    async () => delivered.size,
    (count) => count === messageCount,
    30,
  );
  assert.deepEqual([...delivered].sort(), texts.sort());
});
