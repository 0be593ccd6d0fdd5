import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { arnOf, openSqsTrial, root, type SqsTrial } from "./trial.ts";

const seconds = 1_000;
const fifo = { FifoQueue: "true", ContentBasedDeduplication: "true", VisibilityTimeout: "10" };

describe("a FIFO queue", () => {
  let trial: SqsTrial;

  before(async () => (trial = await openSqsTrial()));
  after(() => trial[Symbol.asyncDispose]());

  const send = (url: string, body: string, group: string, more = {}) =>
    trial.sqs.sendMessage({ QueueUrl: url, MessageBody: body, MessageGroupId: group, ...more }, root);
  const remove = (url: string, ReceiptHandle: string | undefined) => trial.sqs.deleteMessage({ QueueUrl: url, ReceiptHandle }, root);

  test("locks a group while one of its messages is in flight", async () => {
    const url = await trial.queue("groups.fifo", fifo);
    for (const body of ["a1", "b1", "a2"]) await send(url, body, body[0]!);
    const [first] = await trial.receive(url, 1);
    assert.equal(first!.Body, "a1");
    assert.deepEqual(await trial.bodies(url), ["b1"]);
    await remove(url, first!.ReceiptHandle);
    assert.deepEqual(await trial.bodies(url), ["a2"]);
  });

  test("gives a message that came back before those that follow it, also after a crash", async () => {
    const url = await trial.queue("back.fifo", fifo);
    for (const body of ["1", "2", "3"]) await send(url, body, "g");
    assert.deepEqual(await trial.bodies(url, 2), ["1", "2"]);
    await trial.restart();
    assert.deepEqual(await trial.bodies(url), []);
    await trial.clock.advance(10 * seconds);
    assert.deepEqual(await trial.bodies(url), ["1", "2", "3"]);
  });

  test("accepts a duplicate for five minutes and does not add it, whatever became of the first, also after a crash", async () => {
    const url = await trial.queue("duplicates.fifo", fifo);
    const original = await send(url, "same", "g");
    const [message] = await trial.receive(url);
    await remove(url, message!.ReceiptHandle);
    await trial.restart();
    const duplicate = await send(url, "same", "other");
    assert.deepEqual([duplicate.MessageId, duplicate.SequenceNumber], [original.MessageId, original.SequenceNumber]);
    assert.deepEqual(await trial.bodies(url), []);
    await trial.clock.advance(5 * 60 * seconds);
    await send(url, "same", "g");
    assert.deepEqual(await trial.bodies(url), ["same"]);
  });

  test("accepts one of many duplicates that come at once, or in one batch", async () => {
    const url = await trial.queue("race.fifo", fifo);
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(url, "same", "g")));
    assert.equal(new Set(answers.map(({ MessageId }) => MessageId)).size, 1);
    const entry = { MessageBody: "twin", MessageGroupId: "g" };
    const { Successful } = await trial.sqs.sendMessageBatch({ QueueUrl: url, Entries: ["1", "2"].map((Id) => ({ Id, ...entry })) }, root);
    assert.equal(Successful![0]!.MessageId, Successful![1]!.MessageId);
    assert.deepEqual(await trial.bodies(url), ["same", "twin"]);
  });

  test("looks for duplicates within a group when it is told so", async () => {
    const scope = { DeduplicationScope: "messageGroup", FifoThroughputLimit: "perMessageGroupId" };
    const url = await trial.queue("scope.fifo", { ...fifo, ...scope });
    for (const group of ["a", "b", "a"]) await send(url, "same", group);
    assert.deepEqual(await trial.bodies(url), ["same", "same"]);
  });

  test("numbers its messages upwards", async () => {
    const url = await trial.queue("numbers.fifo", fifo);
    const numbers: string[] = [];
    for (const body of ["1", "2", "3"]) numbers.push((await send(url, body, "g")).SequenceNumber!);
    assert(numbers.every((number) => /^\d{20}$/.test(number)));
    assert.deepEqual(numbers.toSorted(), numbers);
    const received = await trial.receive(url);
    assert.deepEqual(
      received.map(({ Attributes }) => Attributes!.SequenceNumber),
      numbers,
    );
  });

  test("gives a repeated receive attempt the same messages and handles", async () => {
    const url = await trial.queue("attempts.fifo", fifo);
    await send(url, "a", "g");
    await send(url, "b", "g");
    const attempt = () => trial.sqs.receiveMessage({ QueueUrl: url, ReceiveRequestAttemptId: "one", MaxNumberOfMessages: 10 }, root);
    const first = await attempt();
    await trial.clock.advance(9 * seconds);
    assert.deepEqual(await attempt(), first);
    // The repetition began the visibility time-out anew.
    await trial.clock.advance(9 * seconds);
    assert.deepEqual(await trial.bodies(url), []);
    await remove(url, first.Messages![0]!.ReceiptHandle);
    assert.deepEqual(await attempt(), {});
  });

  test("refuses to delete with a handle whose time is over", async () => {
    const url = await trial.queue("expired.fifo", fifo);
    await send(url, "a", "g");
    const [message] = await trial.receive(url);
    await trial.clock.advance(10 * seconds);
    await assert.rejects(remove(url, message!.ReceiptHandle), {
      name: "InvalidParameterValueException",
      message: `Value ${message!.ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
    });
  });

  test("wakes a receive when the group it waits for is free", async () => {
    const url = await trial.queue("free.fifo", fifo);
    await send(url, "1", "g");
    const [first] = await trial.receive(url);
    await send(url, "2", "g");
    const waits = [1, 2].map(() => trial.sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 5 }, root));
    await trial.clock.advance(1 * seconds);
    await remove(url, first!.ReceiptHandle);
    await trial.clock.advance(4 * seconds);
    const answers = await Promise.all(waits);
    assert.deepEqual(
      answers.flatMap(({ Messages }) => Messages?.map(({ Body }) => Body) ?? []),
      ["2"],
    );
  });

  test("sends exhausted messages to a FIFO dead letter queue, and goes on with the group", async () => {
    const letters = await trial.queue("letters.fifo", fifo);
    const redrive = JSON.stringify({ deadLetterTargetArn: arnOf("letters.fifo"), maxReceiveCount: 1 });
    const url = await trial.queue("source.fifo", { ...fifo, RedrivePolicy: redrive });
    const { MessageId } = await send(url, "poison", "g");
    await send(url, "good", "g");
    assert.deepEqual(await trial.bodies(url, 1), ["poison"]);
    await trial.clock.advance(10 * seconds);
    assert.deepEqual(await trial.bodies(url), ["good"]);
    const [letter] = await trial.receive(letters);
    const { MessageGroupId, MessageDeduplicationId, SentTimestamp } = letter!.Attributes!;
    assert.deepEqual([letter!.MessageId, MessageGroupId, MessageDeduplicationId], [MessageId, "g", MessageId]);
    assert.equal(SentTimestamp, String(trial.clock.now()));
  });

  test("delays all its messages by its delay of the moment", async () => {
    const url = await trial.queue("delay.fifo", { ...fifo, DelaySeconds: "30" });
    await send(url, "a", "g");
    await trial.clock.advance(10 * seconds);
    assert.deepEqual(await trial.bodies(url), []);
    const AttributeNames = ["ApproximateNumberOfMessages" as const, "ApproximateNumberOfMessagesDelayed" as const];
    assert.deepEqual((await trial.sqs.getQueueAttributes({ QueueUrl: url, AttributeNames }, root)).Attributes, {
      ApproximateNumberOfMessages: "0",
      ApproximateNumberOfMessagesDelayed: "1",
    });
    await trial.sqs.setQueueAttributes({ QueueUrl: url, Attributes: { DelaySeconds: "10" } }, root);
    assert.deepEqual(await trial.bodies(url), ["a"]);
  });
});
