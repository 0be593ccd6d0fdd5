/** npm's sqs-consumer, as many services run it: long polls, batches, heartbeats, failures that end in a dead letter queue. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Message } from "@aws-sdk/client-sqs";
import { Consumer, type ConsumerOptions } from "sqs-consumer";
import { eventually } from "#test/functions.ts";
import { accountId, type Product, startProduct } from "#test/product.ts";

const messageCount = 25;

describe("sqs-consumer", () => {
  let product: Product;

  before(async () => (product = await startProduct()));
  after(() => product[Symbol.asyncDispose]());

  async function createQueue(QueueName: string, Attributes = {}): Promise<string> {
    return (await product.sqs.createQueue({ QueueName, Attributes })).QueueUrl!;
  }

  /** Runs a consumer while `action` runs, and fails with what it complains of. */
  async function consuming(options: ConsumerOptions, action: () => Promise<void>): Promise<void> {
    const consumer = Consumer.create({ sqs: product.sqs, pollingWaitTimeMs: 0, ...options });
    const errors: Error[] = [];
    consumer.on("error", (error) => errors.push(error));
    const stopped = new Promise<void>((resolve) => void consumer.once("stopped", resolve));
    consumer.start();
    try {
      await action();
    } finally {
      consumer.stop({ abort: true });
      await stopped;
    }
    assert.deepEqual(
      errors.filter(({ name }) => name !== "AbortError"),
      [],
    );
  }

  async function countsOf(QueueUrl: string): Promise<string[]> {
    const { Attributes } = await product.sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] });
    return [Attributes!.ApproximateNumberOfMessages!, Attributes!.ApproximateNumberOfMessagesNotVisible!];
  }

  test("gets every message once, also those that come while it waits, and leaves an empty queue", async () => {
    const queueUrl = await createQueue("batches");
    const bodies: string[] = [];
    const handleMessageBatch = async (messages: Message[]): Promise<Message[]> => {
      bodies.push(...messages.map(({ Body }) => Body!));
      return messages;
    };
    const sent = Array.from({ length: messageCount }, (_, index) => `m${index}`);
    await consuming({ queueUrl, batchSize: 10, waitTimeSeconds: 20, handleMessageBatch }, async () => {
      for (const MessageBody of sent) await product.sqs.sendMessage({ QueueUrl: queueUrl, MessageBody });
      await eventually(
        () => countsOf(queueUrl),
        ([visible, inFlight]) => bodies.length >= sent.length && visible === "0" && inFlight === "0",
      );
    });
    assert.deepEqual(bodies.sort(), sent.sort());
  });

  test("a message that always fails goes to the dead letter queue after its receives", async () => {
    const deadUrl = await createQueue("poison-dead");
    const deadLetterTargetArn = `arn:aws:sqs:us-east-1:${accountId}:poison-dead`;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 });
    const queueUrl = await createQueue("poison", { RedrivePolicy });
    await product.sqs.sendMessage({ QueueUrl: queueUrl, MessageBody: "poison" });
    const counts: string[] = [];
    const consumer = Consumer.create({
      sqs: product.sqs,
      queueUrl,
      pollingWaitTimeMs: 0,
      messageSystemAttributeNames: ["ApproximateReceiveCount"],
      // It makes the message visible again at once.
      terminateVisibilityTimeout: true,
      async handleMessage({ Attributes }) {
        counts.push(Attributes!.ApproximateReceiveCount!);
        throw new Error("cannot work with this");
      },
    });
    const stopped = new Promise<void>((resolve) => void consumer.once("stopped", resolve));
    consumer.on("error", () => {});
    consumer.on("processing_error", () => {});
    consumer.start();
    const { Messages } = await product.sqs.receiveMessage({ QueueUrl: deadUrl, WaitTimeSeconds: 20 });
    consumer.stop({ abort: true });
    await stopped;
    assert.deepEqual(
      Messages!.map(({ Body }) => Body),
      ["poison"],
    );
    assert.deepEqual(counts, ["1", "2", "3"]);
  });

  test("heartbeats keep a message that takes longer than its visibility time-out", async () => {
    const queueUrl = await createQueue("heartbeat", { VisibilityTimeout: "2" });
    await product.sqs.sendMessage({ QueueUrl: queueUrl, MessageBody: "slow" });
    let received = 0;
    const handleMessage = async (message: Message): Promise<Message> => {
      received++;
      await new Promise((resolve) => setTimeout(resolve, 3_500));
      return message;
    };
    await consuming({ queueUrl, visibilityTimeout: 2, heartbeatInterval: 0.5, handleMessage }, async () => {
      await eventually(
        () => countsOf(queueUrl),
        ([visible, inFlight]) => received > 0 && visible === "0" && inFlight === "0",
        30,
      );
    });
    assert.equal(received, 1);
  });
});
