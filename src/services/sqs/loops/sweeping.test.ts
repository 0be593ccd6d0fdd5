import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openSqsTrial, root, type SqsTrial } from "../trial.ts";
import { sweep } from "./sweeping.ts";

const minuteMs = 60_000;

describe("the sweep", () => {
  let trial: SqsTrial;

  before(async () => (trial = await openSqsTrial()));
  after(() => trial[Symbol.asyncDispose]());

  const onDisk = async (url: string): Promise<number> => {
    const { queue } = await trial.state.queues.atUrl(url, root.region);
    return (await trial.state.store.messages.counts(queue.shelfId)).values().reduce((sum, count) => sum + count, 0);
  };
  const visible = async (url: string) =>
    (await trial.sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ["ApproximateNumberOfMessages"] }, root)).Attributes!
      .ApproximateNumberOfMessages;

  test("takes expired messages off the disk and out of the counts", async () => {
    const url = await trial.queue("retention", { MessageRetentionPeriod: "60" });
    await trial.sqs.sendMessage({ QueueUrl: url, MessageBody: "old" }, root);
    await trial.clock.advance(minuteMs);
    await trial.sqs.sendMessage({ QueueUrl: url, MessageBody: "young" }, root);
    await sweep(trial.state);
    assert.equal(await onDisk(url), 1);
    assert.equal(await visible(url), "1");
    assert.deepEqual(await trial.bodies(url), ["young"]);
  });

  test("clears what was purged and what was deleted", async () => {
    const purged = await trial.queue("purged");
    const deleted = await trial.queue("deleted");
    for (const QueueUrl of [purged, deleted]) await trial.sqs.sendMessage({ QueueUrl, MessageBody: "x" }, root);
    const shelves = [];
    for (const url of [purged, deleted]) shelves.push((await trial.state.queues.atUrl(url, root.region)).queue.shelfId);
    await trial.sqs.purgeQueue({ QueueUrl: purged }, root);
    await trial.sqs.deleteQueue({ QueueUrl: deleted }, root);
    await trial.sqs.sendMessage({ QueueUrl: purged, MessageBody: "after" }, root);
    await trial.clock.advance(minuteMs);
    await sweep(trial.state);
    for (const shelf of shelves) assert.equal((await trial.state.store.messages.counts(shelf)).size, 0);
    assert.deepEqual(await trial.bodies(purged), ["after"]);
    await trial.queue("deleted");
  });
});
