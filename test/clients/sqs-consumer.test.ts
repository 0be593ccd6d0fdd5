/** npm's sqs-consumer, as many services run it: long polls, batches, heartbeats, failures that end in a dead letter queue. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Message } from "@aws-sdk/client-sqs";
import { Consumer, type ConsumerOptions } from "sqs-consumer";
import { eventually } from "#test/functions.ts";
import { long } from "#test/long.ts";
import { accountId, type Product, startProduct } from "#test/product.ts";

const messageCount = 25;

describe("sqs-consumer", () => {
  let product: Product;

  before(async () => (product = await startProduct()));
  after(() => product[Symbol.asyncDispose]());

  async function createQueue(QueueName: string, Attributes = {}): Promise<string> {
    return (await product.sqs.createQueue({ QueueName, Attributes })).QueueUrl!;
  }

  /** Runs a consumer while `action` runs; resolves with what it complained of. */
  async function consume(options: ConsumerOptions, action: () => Promise<void>): Promise<Error[]> {
    const consumer = Consumer.create({ sqs: product.sqs, pollingWaitTimeMs: 0, ...options });
    const errors: Error[] = [];
    consumer.on("error", (error) => errors.push(error));
    consumer.on("processing_error", (error) => errors.push(error));
    const stopped = new Promise<unknown>((resolve) => void consumer.once("stopped", resolve));
    consumer.start();
    try {
      await action();
    } finally {
      consumer.stop({ abort: true });
      await stopped;
    }
    return errors.filter(({ name }) => name !== "AbortError");
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
    const errors = await consume({ queueUrl, batchSize: 10, waitTimeSeconds: 20, handleMessageBatch }, async () => {
      for (const MessageBody of sent) await product.sqs.sendMessage({ QueueUrl: queueUrl, MessageBody });
      await eventually(
        () => countsOf(queueUrl),
        ([visible, inFlight]) => bodies.length >= sent.length && visible === "0" && inFlight === "0",
      );
    });
    assert.deepEqual(errors, []);
    assert.deepEqual(bodies.sort(), sent.sort());
  });

  test("a message that always fails goes to the dead letter queue after its receives", async () => {
    const deadUrl = await createQueue("poison-dead");
    const deadLetterTargetArn = `arn:aws:sqs:us-east-1:${accountId}:poison-dead`;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 });
    const queueUrl = await createQueue("poison", { RedrivePolicy });
    await product.sqs.sendMessage({ QueueUrl: queueUrl, MessageBody: "poison" });
    const counts: string[] = [];
    const handleMessage = async ({ Attributes }: Message): Promise<never> => {
      counts.push(Attributes!.ApproximateReceiveCount!);
      throw new Error("cannot work with this");
    };
    // The consumer makes what it cannot work with visible again at once.
    const options = { queueUrl, messageSystemAttributeNames: ["ApproximateReceiveCount" as const], terminateVisibilityTimeout: true };
    let dead: string[] = [];
    await consume({ ...options, handleMessage }, async () => {
      const { Messages = [] } = await product.sqs.receiveMessage({ QueueUrl: deadUrl, WaitTimeSeconds: 20 });
      dead = Messages.map(({ Body }) => Body!);
    });
    assert.deepEqual(dead, ["poison"]);
    assert.deepEqual(counts, ["1", "2", "3"]);
  });

  test("heartbeats keep a message that takes longer than its visibility time-out", { skip: !long }, async () => {
    const queueUrl = await createQueue("heartbeat", { VisibilityTimeout: "5" });
    await product.sqs.sendMessage({ QueueUrl: queueUrl, MessageBody: "slow" });
    let received = 0;
    const handleMessage = async (message: Message): Promise<Message> => {
      received++;
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      return message;
    };
    const errors = await consume({ queueUrl, visibilityTimeout: 5, heartbeatInterval: 1, handleMessage }, async () => {
      await eventually(
        () => countsOf(queueUrl),
        ([visible, inFlight]) => received > 0 && visible === "0" && inFlight === "0",
        30,
      );
    });
    assert.deepEqual(errors, []);
    assert.equal(received, 1);
  });
});
