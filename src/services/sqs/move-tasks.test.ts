import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { arnOf, openSqsTrial, root, type SqsTrial } from "./trial.ts";

const seconds = 1_000;

describe("a message move task", () => {
  let trial: SqsTrial;

  before(async () => (trial = await openSqsTrial()));
  after(() => trial[Symbol.asyncDispose]());

  /** A queue and its dead letter queue with letters in it. */
  async function withLetters(name: string, count: number): Promise<{ source: string; letters: string }> {
    const letters = await trial.queue(`${name}-letters`);
    const redrive = JSON.stringify({ deadLetterTargetArn: arnOf(`${name}-letters`), maxReceiveCount: 1 });
    const source = await trial.queue(name, { VisibilityTimeout: "0", RedrivePolicy: redrive });
    for (let index = 0; index < count; index++) await trial.sqs.sendMessage({ QueueUrl: source, MessageBody: String(index) }, root);
    for (let received = 0; received < count;) received += (await trial.bodies(source, 1)).length;
    assert.deepEqual(await trial.bodies(source), []);
    return { source, letters };
  }

  const start = (name: string, more = {}) => trial.sqs.startMessageMoveTask({ SourceArn: arnOf(`${name}-letters`), ...more }, root);
  const list = async (name: string) => (await trial.sqs.listMessageMoveTasks({ SourceArn: arnOf(`${name}-letters`) }, root)).Results![0]!;

  test("brings letters back to where they came from, as new messages", async () => {
    const { source, letters } = await withLetters("home", 3);
    const [letter] = await trial.receive(letters, 1);
    await trial.sqs.changeMessageVisibility({ QueueUrl: letters, ReceiptHandle: letter!.ReceiptHandle, VisibilityTimeout: 0 }, root);
    await trial.elapse(1 * seconds);
    await start("home");
    await trial.elapse(1 * seconds);
    const { Status, ApproximateNumberOfMessagesMoved, TaskHandle } = await list("home");
    assert.deepEqual([Status, ApproximateNumberOfMessagesMoved, TaskHandle], ["COMPLETED", 3, undefined]);
    const messages = await trial.receive(source);
    assert.deepEqual(new Set(messages.map(({ Body }) => Body)), new Set(["0", "1", "2"]));
    assert(messages.every(({ Attributes }) => Attributes!.ApproximateReceiveCount === "1" && !("DeadLetterQueueSourceArn" in Attributes!)));
    assert(messages.every(({ MessageId }) => MessageId !== letter!.MessageId));
  });

  test("keeps to its rate, and can be cancelled", async () => {
    const { source } = await withLetters("slow", 5);
    const { TaskHandle } = await start("slow", { MaxNumberOfMessagesPerSecond: 1 });
    await assert.rejects(start("slow"), /There is already a task running/);
    await trial.elapse(2_500);
    assert.equal((await list("slow")).Status, "RUNNING");
    const { ApproximateNumberOfMessagesMoved } = await trial.sqs.cancelMessageMoveTask({ TaskHandle }, root);
    assert.equal(ApproximateNumberOfMessagesMoved, 3);
    await trial.elapse(10 * seconds);
    assert.equal((await list("slow")).Status, "CANCELLED");
    assert.equal((await trial.bodies(source)).length, 3);
    await assert.rejects(trial.sqs.cancelMessageMoveTask({ TaskHandle }, root), /Only active tasks can be cancelled/);
  });

  test("goes on after a restart", async () => {
    const { source } = await withLetters("restart", 4);
    await start("restart", { MaxNumberOfMessagesPerSecond: 1 });
    await trial.elapse(500);
    await trial.restart();
    await trial.state.moveTasks.resume();
    await trial.elapse(10 * seconds);
    assert.equal((await list("restart")).Status, "COMPLETED");
    assert.equal((await trial.bodies(source)).length, 4);
  });

  test("fails when its destination is deleted, and loses nothing", async () => {
    const { letters } = await withLetters("lost", 3);
    const elsewhere = await trial.queue("elsewhere");
    await start("lost", { MaxNumberOfMessagesPerSecond: 1, DestinationArn: arnOf("elsewhere") });
    await trial.elapse(500);
    await trial.sqs.deleteQueue({ QueueUrl: elsewhere }, root);
    await trial.elapse(5 * seconds);
    const { Status, FailureReason } = await list("lost");
    assert.deepEqual([Status, FailureReason], ["FAILED", "AWS.SimpleQueueService.NonExistentQueue"]);
    assert.equal((await trial.bodies(letters)).length, 2);
  });
});
