/** Nothing that was accepted is lost, whenever the process is killed: asynchronous events, their destinations, and messages of mapped queues. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createFunction, eventually } from "#test/functions.ts";
import { long } from "#test/long.ts";
import { accountId, type Clients, connect, createFunctionRole, type ProductProcess, spawnProduct } from "#test/product.ts";

const kills = long ? 50 : 2;
const arnOf = (name: string): string => `arn:aws:sqs:us-east-1:${accountId}:${name}`;

/** In the long form some events need a second attempt, a minute later. */
const eventSource = `
  exports.handler = async ({ number }) => {
    if (${long} && number % 10 === 0 && Math.random() < 0.5) throw new Error("later");
    return number;
  };`;

/** The product has another port after each start, which queue URLs of before do not know. */
const queueSource = `
  const { SQS } = require("@aws-sdk/client-sqs");
  const sqs = new SQS({ useQueueUrlAsEndpoint: false });
  exports.handler = async ({ Records }) => {
    const Entries = Records.map(({ body }, index) => ({ Id: String(index), MessageBody: body }));
    await sqs.sendMessageBatch({ QueueUrl: process.env.HANDLED, Entries });
  };`;

describe("over kills of the process", () => {
  let dataFolder: string;
  let product: ProductProcess;
  let clients: Clients;

  const start = async (): Promise<void> => {
    product = await spawnProduct(dataFolder);
    clients = connect(product.endpoint);
  };
  const kill = async (): Promise<void> => {
    product.process.kill("SIGKILL");
    if (product.process.signalCode === null) await once(product.process, "exit");
    for (const client of Object.values(clients)) client.destroy();
  };
  const urlOf = async (QueueName: string): Promise<string> => (await clients.sqs.getQueueUrl({ QueueName })).QueueUrl!;

  before(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-events-"));
    await start();
    const { lambda, sqs } = clients;
    await createFunctionRole(clients);
    for (const QueueName of ["outcomes", "handled"]) await sqs.createQueue({ QueueName });
    await sqs.createQueue({ QueueName: "orders", Attributes: { VisibilityTimeout: "5" } });
    await createFunction(lambda, "eventful", eventSource);
    await lambda.putFunctionEventInvokeConfig({
      FunctionName: "eventful",
      DestinationConfig: { OnSuccess: { Destination: arnOf("outcomes") }, OnFailure: { Destination: arnOf("outcomes") } },
    });
    const settings = { Timeout: 5, Environment: { Variables: { HANDLED: await urlOf("handled") } } };
    await createFunction(lambda, "queued", queueSource, settings);
    await lambda.createEventSourceMapping({ FunctionName: "queued", EventSourceArn: arnOf("orders") });
  });
  after(async () => {
    await kill();
    await rm(dataFolder, { recursive: true, force: true });
  });

  test("every event runs and tells its destination, every message of a mapped queue is handled", async () => {
    const invoked: number[] = [];
    const sent: number[] = [];
    for (let round = 0; round < kills; round++) {
      const { lambda, sqs } = clients;
      const QueueUrl = await urlOf("orders");
      const sending = Promise.all([
        repeat(product, invoked, (number) =>
          lambda.invoke({ FunctionName: "eventful", InvocationType: "Event", Payload: JSON.stringify({ number }) }),
        ),
        repeat(product, sent, (number) => sqs.sendMessage({ QueueUrl, MessageBody: String(number) })),
      ]);
      const isEnough = eventually(
        async () => Math.min(invoked.length, sent.length),
        (count) => count >= 20 * (round + 1),
        60,
      );
      // Before the kill nothing may be refused.
      await Promise.race([isEnough, sending]);
      await kill();
      await sending;
      await start();
    }
    const told = await collect(
      "outcomes",
      invoked,
      (body) => (JSON.parse(body) as { requestPayload: { number: number } }).requestPayload.number,
    );
    assert.deepEqual(told, []);
    assert.deepEqual(await collect("handled", sent, Number), []);
  });

  /** Those numbers that do not come out of a queue in time; each is read from the queue, and may come more than once. */
  async function collect(queue: string, wanted: readonly number[], numberIn: (body: string) => number): Promise<number[]> {
    const missing = new Set(wanted);
    const QueueUrl = await urlOf(queue);
    // Messages in flight when the process was killed come back after their visibility timeout; an event whose function a busy machine
    // held up for too long, a minute or two later.
    for (let look = 0; look < 100 && missing.size > 0; look++) {
      const { Messages = [] } = await clients.sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 });
      for (const { Body } of Messages) missing.delete(numberIn(Body!));
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      if (Entries.length > 0) {
        await clients.sqs.deleteMessageBatch({ QueueUrl, Entries });
        look = -1;
      }
    }
    return [...missing];
  }
});

/** Calls with ever higher numbers until the product is killed; `accepted` gets those that were answered. */
async function repeat({ process: child }: ProductProcess, accepted: number[], call: (number: number) => Promise<unknown>): Promise<void> {
  // What got no answer before the kill may have been accepted or not: its number is not used again.
  for (let number = (accepted.at(-1) ?? -1) + 2; ; number++) {
    try {
      await call(number);
    } catch (error) {
      if (child.killed) return;
      throw error;
    }
    accepted.push(number);
  }
}
