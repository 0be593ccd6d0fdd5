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
import { long } from "#test/long.ts";
import { accountId, type Clients, connect, type ProductProcess, spawnProduct } from "#test/product.ts";

const messageCount = 40;
const kills = long ? 50 : 1;
const publishedBetweenKills = 100;
const publishers = 4;
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

test("messages that were accepted reach a queue, and one that replays them, in the order of their groups, whatever is killed when", async () => {
  await kill(connect(product!.endpoint));
  product = await spawnProduct(dataFolder, "--https-port", "none");
  const { sns, sqs } = connect(product.endpoint);
  const fifo = { ContentBasedDeduplication: "true" };
  const ArchivePolicy = JSON.stringify({ MessageRetentionPeriod: 1 });
  const { TopicArn } = await sns.createTopic({ Name: "killed.fifo", Attributes: { FifoTopic: "true", ArchivePolicy, ...fifo } });
  const subscribe = async (client: Clients["sns"], name: string, more: Record<string, string> = {}): Promise<void> => {
    const Endpoint = `arn:aws:sqs:us-east-1:${accountId}:${name}`;
    await client.subscribe({ TopicArn, Protocol: "sqs", Endpoint, Attributes: { RawMessageDelivery: "true", ...more } });
  };
  const queueUrls: string[] = [];
  for (const QueueName of ["killed.fifo", "replayed.fifo"])
    queueUrls.push((await sqs.createQueue({ QueueName, Attributes: { FifoQueue: "true", ...fifo } })).QueueUrl!);
  await subscribe(sns, "killed.fifo");
  const accepted: string[] = [];
  for (let round = 0; round < kills; round++) {
    const clients = connect(product.endpoint);
    const work = Array.from({ length: publishers }, (_, who) => publish(clients, TopicArn!, `${round}-${who}`, accepted));
    await eventually(
      async () => accepted.length,
      (count) => count >= publishedBetweenKills * (round + 1),
      30,
    );
    // The replay is under way when the first kill comes, and its publishers are.
    const ReplayPolicy = JSON.stringify({ PointType: "Timestamp", StartingPoint: "2026-01-01T00:00:00.000Z" });
    if (round === 0) await subscribe(clients.sns, "replayed.fifo", { ReplayPolicy });
    product.process.kill("SIGKILL");
    await Promise.all(work);
    product = await spawnProduct(dataFolder, "--https-port", "none");
  }
  for (const queueUrl of queueUrls) checkTurns(await receiveAll(connect(product.endpoint), queueUrl, accepted));
});

/** Each group's messages once, one after the other. */
function checkTurns(received: readonly string[]): void {
  const next = new Map<string, number>();
  for (const text of received) {
    const [group, number] = [text.slice(0, text.lastIndexOf("-")), Number(text.slice(text.lastIndexOf("-") + 1))];
    assert.equal(number, next.get(group) ?? 0, `${text} came out of turn`);
    next.set(group, number + 1);
  }
}

/** Publishes until the product is gone. Each message is `WHO-NUMBER`, its group is WHO. */
async function publish({ sns }: Clients, TopicArn: string, who: string, accepted: string[]): Promise<void> {
  for (let number = 0; ; number++) {
    const Message = `${who}-${number}`;
    try {
      await sns.publish({ TopicArn, Message, MessageGroupId: who });
    } catch {
      return;
    }
    accepted.push(Message);
  }
}

/** Receives and deletes until all of `wanted` came. */
async function receiveAll({ sqs }: Clients, QueueUrl: string, wanted: readonly string[]): Promise<string[]> {
  const missing = new Set(wanted);
  const received: string[] = [];
  while (missing.size > 0) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 });
    assert.notEqual(Messages.length, 0, `${missing.size} messages of ${wanted.length} do not come`);
    for (const { Body } of Messages) {
      received.push(Body!);
      missing.delete(Body!);
    }
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.deleteMessageBatch({ QueueUrl, Entries });
  }
  return received;
}
