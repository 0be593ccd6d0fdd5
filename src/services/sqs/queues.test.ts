import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { rootPrincipal } from "#wire/principal.ts";
import { maxLiveQueues } from "./limits.ts";
import { arnOf, openSqsTrial, root, type SqsTrial } from "./trial.ts";

const seconds = 1_000;
const byText = (a: string | undefined, b: string | undefined): number => a!.localeCompare(b!);

describe("changes of a queue", () => {
  let trial: SqsTrial;

  before(async () => (trial = await openSqsTrial()));
  after(() => trial[Symbol.asyncDispose]());

  test("all hold that come at the same moment", async () => {
    const QueueUrl = await trial.queue("changed");
    const labels = ["a", "b", "c"];
    const set = (Attributes: Record<string, string>) => trial.sqs.setQueueAttributes({ QueueUrl, Attributes }, root);
    await Promise.all([
      ...labels.map((key) => trial.sqs.tagQueue({ QueueUrl, Tags: { [key]: "x" } }, root)),
      ...labels.map((Label) =>
        trial.sqs.addPermission({ QueueUrl, Label, AWSAccountIds: ["111111111111"], Actions: ["SendMessage"] }, root),
      ),
      set({ DelaySeconds: "5" }),
      set({ VisibilityTimeout: "6" }),
    ]);
    assert.deepEqual((await trial.sqs.listQueueTags({ QueueUrl }, root)).Tags, { a: "x", b: "x", c: "x" });
    const { Attributes } = await trial.sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] }, root);
    const { DelaySeconds, VisibilityTimeout, Policy } = Attributes!;
    assert.deepEqual({ DelaySeconds, VisibilityTimeout }, { DelaySeconds: "5", VisibilityTimeout: "6" });
    const { Statement } = JSON.parse(Policy!) as { Statement: Array<{ Sid: string }> };
    assert.deepEqual(Statement.map(({ Sid }) => Sid).sort(), labels);
  });

  test("do nothing that is refused", async () => {
    const QueueUrl = await trial.queue("refused");
    await assert.rejects(trial.sqs.tagQueue({ QueueUrl, Tags: { a: "x", "aws:stack": "y" } }, root), {
      code: "InvalidParameterValueException",
    });
    assert.deepEqual((await trial.sqs.listQueueTags({ QueueUrl }, root)).Tags ?? {}, {});
  });

  test("are refused once it is deleted", async () => {
    const QueueUrl = await trial.queue("doomed");
    const outcomes = await Promise.allSettled([
      trial.sqs.deleteQueue({ QueueUrl }, root),
      trial.sqs.deleteQueue({ QueueUrl }, root),
      trial.sqs.tagQueue({ QueueUrl, Tags: { a: "x" } }, root),
      trial.sqs.purgeQueue({ QueueUrl }, root),
    ]);
    const refusals = outcomes.filter((outcome) => outcome.status === "rejected");
    assert.ok(outcomes.slice(0, 2).some(({ status }) => status === "rejected"));
    for (const { reason } of refusals) assert.equal((reason as { code: string }).code, "QueueDoesNotExist");
  });
});

describe("a standard queue", () => {
  let trial: SqsTrial;

  before(async () => (trial = await openSqsTrial()));
  after(() => trial[Symbol.asyncDispose]());

  const send = (url: string, body: string, more = {}) => trial.sqs.sendMessage({ QueueUrl: url, MessageBody: body, ...more }, root);

  test("is another one in another region, and in another account", async () => {
    const url = await trial.queue("elsewhere");
    const west = { ...root, region: "us-west-2" };
    await assert.rejects(trial.sqs.sendMessage({ QueueUrl: url, MessageBody: "west" }, west), { code: "QueueDoesNotExist" });
    await trial.sqs.createQueue({ QueueName: "elsewhere" }, west);
    await trial.sqs.sendMessage({ QueueUrl: url, MessageBody: "west" }, west);
    assert.deepEqual(await trial.bodies(url), []);
    const others = { ...root, as: rootPrincipal("222222222222") };
    assert.equal((await trial.sqs.listQueues({}, others)).QueueUrls, undefined);
  });

  test("gives messages away in the order of their arrival, and hides them", async () => {
    const url = await trial.queue("order");
    for (const body of ["a", "b", "c"]) await send(url, body);
    assert.deepEqual(await trial.bodies(url, 2), ["a", "b"]);
    assert.deepEqual(await trial.bodies(url), ["c"]);
    assert.deepEqual(await trial.bodies(url), []);
  });

  test("gets back what is not deleted in time, and counts the receives", async () => {
    const url = await trial.queue("visibility", { VisibilityTimeout: "5" });
    await send(url, "a");
    const [first] = await trial.receive(url);
    await trial.clock.advance(4_999);
    assert.deepEqual(await trial.receive(url), []);
    await trial.clock.advance(1);
    const [second] = await trial.receive(url);
    assert.equal(second!.Attributes!.ApproximateReceiveCount, "2");
    assert.equal(second!.Attributes!.ApproximateFirstReceiveTimestamp, first!.Attributes!.ApproximateFirstReceiveTimestamp);
    assert.notEqual(second!.ReceiptHandle, first!.ReceiptHandle);
    await trial.sqs.deleteMessage({ QueueUrl: url, ReceiptHandle: second!.ReceiptHandle }, root);
    await trial.clock.advance(5 * seconds);
    assert.deepEqual(await trial.receive(url), []);
    // Deleting what is gone is no error.
    await trial.sqs.deleteMessage({ QueueUrl: url, ReceiptHandle: second!.ReceiptHandle }, root);
  });

  test("changes the visibility of a message, up to twelve hours after its receipt", async () => {
    const url = await trial.queue("heartbeat", { VisibilityTimeout: "5" });
    await send(url, "a");
    const [{ ReceiptHandle } = {}] = await trial.receive(url);
    const change = (VisibilityTimeout: number) =>
      trial.sqs.changeMessageVisibility({ QueueUrl: url, ReceiptHandle: ReceiptHandle!, VisibilityTimeout }, root);
    await change(60);
    await trial.clock.advance(59 * seconds);
    assert.deepEqual(await trial.receive(url), []);
    await assert.rejects(change(43_200), /Total VisibilityTimeout for the message is beyond the limit \[43200 seconds\]/);
    await change(0);
    assert.deepEqual(await trial.bodies(url), ["a"]);
  });

  test("keeps delayed messages back: by its own delay, or the message's", async () => {
    const url = await trial.queue("delay", { DelaySeconds: "10" });
    await send(url, "late");
    await send(url, "now", { DelaySeconds: 0 });
    await send(url, "later", { DelaySeconds: 20 });
    assert.deepEqual(await trial.bodies(url), ["now"]);
    const counts = await trial.sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ["ApproximateNumberOfMessagesDelayed"] }, root);
    assert.deepEqual(counts.Attributes, { ApproximateNumberOfMessagesDelayed: "2" });
    await trial.clock.advance(10 * seconds);
    assert.deepEqual(await trial.bodies(url), ["late"]);
    await trial.clock.advance(10 * seconds);
    assert.deepEqual(await trial.bodies(url), ["later"]);
  });

  test("forgets messages when their retention is over, on disk as well", async () => {
    const url = await trial.queue("retention", { MessageRetentionPeriod: "60" });
    await send(url, "old");
    await trial.clock.advance(30 * seconds);
    await send(url, "young");
    await trial.clock.advance(30 * seconds);
    assert.deepEqual(await trial.bodies(url), ["young"]);
  });

  test("wakes a receive that waits when a message arrives, comes back, or falls due", async () => {
    const url = await trial.queue("waiting", { VisibilityTimeout: "3" });
    const inVain = trial.sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 2 }, root);
    await trial.clock.advance(2 * seconds);
    assert.deepEqual(await inVain, {});
    const wait = () => trial.sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 20 }, root).then(({ Messages }) => Messages?.[0]?.Body);
    const arrives = wait();
    await trial.clock.advance(1 * seconds);
    await send(url, "a");
    assert.equal(await arrives, "a");
    const comesBack = wait();
    await trial.clock.advance(3 * seconds);
    assert.equal(await comesBack, "a");
    await send(url, "b", { DelaySeconds: 2 });
    const fallsDue = wait();
    await trial.clock.advance(2 * seconds);
    assert.equal(await fallsDue, "b");
  });

  test("lets a receive go whose client has gone, and gives the message to the next", async () => {
    const url = await trial.queue("gone");
    const client = new AbortController();
    const abandoned = trial.sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 20 }, { ...root, signal: client.signal });
    const patient = trial.sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 20 }, root);
    await trial.clock.advance(1);
    client.abort();
    await send(url, "a");
    assert.equal((await patient).Messages?.[0]?.Body, "a");
    assert.deepEqual(await abandoned, {});
  });

  test("gives one message to one of many that wait", async () => {
    const url = await trial.queue("many");
    const waiting = Array.from({ length: 5 }, () => trial.sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 10 }, root));
    await trial.clock.advance(1);
    for (const body of ["a", "b", "c"]) await send(url, body);
    await trial.clock.advance(10 * seconds);
    const answers = await Promise.all(waiting);
    assert.deepEqual(answers.flatMap(({ Messages }) => Messages?.map(({ Body }) => Body) ?? []).toSorted(byText), ["a", "b", "c"]);
  });

  test("remembers everything after a crash: what is there, in flight, delayed, and how often it was received", async () => {
    const url = await trial.queue("crash", { VisibilityTimeout: "30" });
    await send(url, "in flight");
    const [received] = await trial.receive(url);
    await send(url, "there");
    await send(url, "delayed", { DelaySeconds: 10 });
    await trial.restart();
    assert.deepEqual(await trial.bodies(url), ["there"]);
    await trial.clock.advance(10 * seconds);
    assert.deepEqual(await trial.bodies(url), ["delayed"]);
    await trial.clock.advance(20 * seconds);
    const [again] = await trial.receive(url);
    assert.deepEqual([again!.Body, again!.Attributes!.ApproximateReceiveCount], ["in flight", "2"]);
    // A handle from before the crash still works.
    await trial.sqs.deleteMessage({ QueueUrl: url, ReceiptHandle: received!.ReceiptHandle }, root);
    await trial.clock.advance(60 * seconds);
    assert.deepEqual((await trial.bodies(url)).sort(), ["delayed", "there"]);
  });

  test("reads a long backlog by pages, in order, and counts it", async () => {
    const url = await trial.queue("long");
    const total = 4_500;
    await Promise.all(
      Array.from({ length: total / 10 }, (_, batch) =>
        trial.sqs.sendMessageBatch(
          { QueueUrl: url, Entries: Array.from({ length: 10 }, (_item, item) => ({ Id: `${item}`, MessageBody: `${batch * 10 + item}` })) },
          root,
        ),
      ),
    );
    const count = async () =>
      (await trial.sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ["ApproximateNumberOfMessages"] }, root)).Attributes;
    assert.deepEqual(await count(), { ApproximateNumberOfMessages: String(total) });
    await trial.restart();
    assert.deepEqual(await count(), { ApproximateNumberOfMessages: String(total) });
    const seen: string[] = [];
    for (let bodies = await trial.bodies(url); bodies.length > 0; bodies = await trial.bodies(url)) seen.push(...bodies);
    assert.equal(seen.length, total);
    assert.equal(new Set(seen).size, total);
    assert.deepEqual(
      seen.slice(0, 10),
      Array.from({ length: 10 }, (_, index) => String(index)),
    );
    assert.deepEqual(await count(), { ApproximateNumberOfMessages: "0" });
  });

  test("moves exhausted messages to its dead letter queue, as they are", async () => {
    const letters = await trial.queue("letters");
    const redrive = JSON.stringify({ deadLetterTargetArn: arnOf("letters"), maxReceiveCount: "2" });
    const url = await trial.queue("source", { VisibilityTimeout: "1", RedrivePolicy: redrive });
    const { MessageId } = await send(url, "poison", { MessageAttributes: { kind: { DataType: "String", StringValue: "bad" } } });
    const sentMs = String(trial.clock.now());
    for (const receive of ["first", "second"]) {
      assert.deepEqual(await trial.bodies(url), ["poison"], receive);
      await trial.clock.advance(1 * seconds);
    }
    assert.deepEqual(await trial.bodies(url), []);
    const [letter] = await trial.receive(letters);
    assert.equal(letter!.MessageId, MessageId);
    assert.equal(letter!.MessageAttributes!["kind"]!.StringValue, "bad");
    const { SentTimestamp, ApproximateReceiveCount, DeadLetterQueueSourceArn } = letter!.Attributes!;
    assert.deepEqual([SentTimestamp, ApproximateReceiveCount, DeadLetterQueueSourceArn], [sentMs, "3", arnOf("source")]);
  });

  test("is empty at once when it is purged, once in sixty seconds", async () => {
    const url = await trial.queue("purge");
    await send(url, "a");
    await trial.sqs.purgeQueue({ QueueUrl: url }, root);
    assert.deepEqual(await trial.bodies(url), []);
    await send(url, "b");
    await trial.restart();
    assert.deepEqual(await trial.bodies(url), ["b"]);
    await assert.rejects(trial.sqs.purgeQueue({ QueueUrl: url }, root), { name: "PurgeQueueInProgress" });
    await trial.clock.advance(60 * seconds);
    await trial.sqs.purgeQueue({ QueueUrl: url }, root);
  });

  test("heartbeats without end leave nothing behind", async () => {
    const url = await trial.queue("prolonged", { VisibilityTimeout: "43000" });
    await send(url, "a");
    const [{ ReceiptHandle } = {}] = await trial.receive(url);
    const live = await trial.state.queues.atUrl(url, root.region);
    const entry = live.find(Number(Buffer.from(ReceiptHandle!, "base64").toString().split(" ")[1]))!;
    for (let beat = 0; beat < 10_000; beat++) live.postpone(entry, trial.clock.now() + 40_000 * seconds + beat);
    await trial.clock.advance(40_000 * seconds + 9_998);
    assert.deepEqual(await trial.bodies(url), []);
    await trial.clock.advance(1);
    assert.deepEqual(await trial.bodies(url), ["a"]);
  });
});

test("receives that wait end when the process begins to stop", async () => {
  await using trial = await openSqsTrial();
  const url = await trial.queue("waiting");
  const waiting = trial.sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 20 }, root);
  await trial.clock.advance(1);
  trial.stop();
  assert.deepEqual(await waiting, {});
});

test("queues that were idle for a while make room in memory, and nobody notices", async () => {
  await using trial = await openSqsTrial();
  const first = await trial.queue("first");
  await trial.sqs.sendMessage({ QueueUrl: first, MessageBody: "a" }, root);
  const live = await trial.state.queues.atUrl(first, root.region);
  await trial.clock.advance(60 * seconds);
  await Promise.all(Array.from({ length: maxLiveQueues }, (_, index) => trial.queue(`q${index}`)));
  await trial.clock.advance(1);
  assert.notEqual(await trial.state.queues.atUrl(first, root.region), live);
  assert.deepEqual(await trial.bodies(first), ["a"]);
});
