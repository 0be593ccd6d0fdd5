import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { replayPauseMs, runningReplays, sweepMs } from "./limits.ts";
import { openSnsTrial, queueArn, root, type SnsTrial } from "./trial.ts";

const dayMs = 86_400_000;

describe("archive and replay", () => {
  let trial: SnsTrial;
  before(async () => void (trial = await openSnsTrial()));
  after(() => trial[Symbol.asyncDispose]());

  const topic = async (name: string, days: number | null = 7) => {
    const archive = days === null ? {} : { ArchivePolicy: JSON.stringify({ MessageRetentionPeriod: days }) };
    const { TopicArn } = await trial.sns.createTopic({ Name: `${name}.fifo`, Attributes: { FifoTopic: "true", ...archive } }, root);
    return TopicArn!;
  };
  const subscribe = async (TopicArn: string, name: string, Attributes: Record<string, string> = {}) =>
    (await trial.sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: queueArn(name), Attributes }, root)).SubscriptionArn!;
  const publish = (TopicArn: string, Message: string, MessageGroupId = "g") =>
    trial.sns.publish({ TopicArn, Message, MessageGroupId, MessageDeduplicationId: Message }, root);
  const replay = (SubscriptionArn: string, AttributeValue: string) =>
    trial.sns.setSubscriptionAttributes({ SubscriptionArn, AttributeName: "ReplayPolicy", AttributeValue }, root);
  const setArchive = (TopicArn: string, AttributeValue: string) =>
    trial.sns.setTopicAttributes({ TopicArn, AttributeName: "ArchivePolicy", AttributeValue }, root);
  const policy = (startMs: number, endMs?: number) =>
    JSON.stringify({
      PointType: "Timestamp",
      StartingPoint: new Date(startMs).toISOString(),
      ...(endMs !== undefined && { EndingPoint: new Date(endMs).toISOString() }),
    });
  const statusOf = async (SubscriptionArn: string) =>
    (await trial.sns.getSubscriptionAttributes({ SubscriptionArn }, root)).Attributes!.ReplayStatus;
  const reaches = async (arn: string, wanted: string) => {
    for (let left = 500; (await statusOf(arn)) !== wanted; left--) {
      assert.ok(left > 0, `status is ${await statusOf(arn)}, not ${wanted}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await trial.settle();
  };
  const documentsTo = (name: string): Array<Record<string, string>> =>
    trial.asked
      .filter(({ operation, input }) => operation === "SendMessage" && String(input.QueueUrl).endsWith(`/${name}`))
      .map(({ input }) => JSON.parse(String(input.MessageBody)) as never);
  const textsTo = (name: string) => documentsTo(name).map(({ Message }) => Message);

  test("a new subscriber gets what was published before, as it was, and then what is published", async () => {
    const TopicArn = await topic("history");
    const startMs = trial.clock.now();
    const { MessageId, SequenceNumber } = await publish(TopicArn, "1");
    const publishedAt = new Date(trial.clock.now()).toISOString();
    await trial.clock.advance(10 * 60_000);
    await publish(TopicArn, "2");
    const arn = await subscribe(TopicArn, "history", { ReplayPolicy: policy(startMs) });
    await reaches(arn, "Completed");
    await publish(TopicArn, "3");
    await trial.settle();
    assert.deepEqual(textsTo("history"), ["1", "2", "3"]);
    const [first, , third] = documentsTo("history");
    assert.deepEqual([first!.MessageId, first!.SequenceNumber, first!.Timestamp], [MessageId, SequenceNumber, publishedAt]);
    assert.deepEqual([first!.Replayed, third!.Replayed], ["true", undefined]);
  });

  test("a replay with an end gives what lies between, and nothing after it", async () => {
    const TopicArn = await topic("window");
    const arn = await subscribe(TopicArn, "window");
    await publish(TopicArn, "early");
    await trial.clock.advance(60_000);
    const startMs = trial.clock.now();
    await publish(TopicArn, "first");
    await trial.clock.advance(60_000);
    await publish(TopicArn, "last");
    const endMs = trial.clock.now();
    await trial.clock.advance(60_000);
    await publish(TopicArn, "late");
    await trial.settle();
    assert.deepEqual(textsTo("window"), ["early", "first", "last", "late"]);
    await replay(arn, policy(startMs, endMs));
    await reaches(arn, "Completed");
    await publish(TopicArn, "new");
    await trial.settle();
    assert.deepEqual(textsTo("window").slice(4), ["first", "last"]);
    await replay(arn, "{}");
    assert.equal(await statusOf(arn), undefined);
    await publish(TopicArn, "live-again");
    await trial.settle();
    assert.deepEqual(textsTo("window").slice(6), ["live-again"]);
  });

  test("until an end to come, new messages come from the archive", async () => {
    const TopicArn = await topic("open");
    const startMs = trial.clock.now();
    const arn = await subscribe(TopicArn, "open", { ReplayPolicy: policy(startMs, startMs + 60_000) });
    await trial.settle();
    await publish(TopicArn, "inside");
    for (let left = 500; textsTo("open").length < 1 && left > 0; left--) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(textsTo("open"), ["inside"]);
    await trial.clock.advance(60_001);
    await reaches(arn, "Completed");
    await publish(TopicArn, "outside");
    await trial.settle();
    assert.deepEqual(textsTo("open"), ["inside"]);
  });

  test("of two hundred messages in ten groups each arrives once and in order, with publishers at work meanwhile", async () => {
    const TopicArn = await topic("busy");
    const startMs = trial.clock.now();
    const texts = Array.from({ length: 240 }, (_, index) => String(index));
    for (const text of texts.slice(0, 120)) await publish(TopicArn, text, String(Number(text) % 10));
    const subscribed = subscribe(TopicArn, "busy", { ReplayPolicy: policy(startMs) });
    for (const text of texts.slice(120)) await publish(TopicArn, text, String(Number(text) % 10));
    await reaches(await subscribed, "Completed");
    await trial.settle();
    const received = textsTo("busy").map(Number);
    assert.deepEqual(
      received.toSorted((a, b) => a - b),
      texts.map(Number),
    );
    for (let group = 0; group < 10; group++) {
      const own = received.filter((number) => number % 10 === group);
      assert.deepEqual(
        own,
        own.toSorted((a, b) => a - b),
      );
    }
  });

  test("filters hold for replays, and a restart goes on", async () => {
    const TopicArn = await topic("filtered");
    const startMs = trial.clock.now();
    for (const kind of ["a", "b", "a"]) {
      const MessageAttributes = { kind: { DataType: "String", StringValue: kind } };
      const MessageDeduplicationId = trial.state.ids.uuid();
      await trial.sns.publish({ TopicArn, Message: kind, MessageGroupId: "g", MessageDeduplicationId, MessageAttributes }, root);
    }
    await trial.clock.advance(1_000);
    trial.refuse.call = () => {
      throw new Error("not now");
    };
    const arn = await subscribe(TopicArn, "filtered", { FilterPolicy: '{"kind": ["a"]}', ReplayPolicy: policy(startMs) });
    await reaches(arn, "In progress");
    assert.deepEqual(textsTo("filtered"), []);
    trial.refuse.call = undefined;
    await trial.restart();
    await trial.clock.advance(3 * 3_600_000);
    await reaches(arn, "Completed");
    assert.deepEqual(textsTo("filtered"), ["a", "a"]);
  });

  test("raw messages say by an attribute that they are replayed", async () => {
    const TopicArn = await topic("raw");
    const startMs = trial.clock.now();
    await publish(TopicArn, "bare");
    const arn = await subscribe(TopicArn, "raw", { RawMessageDelivery: "true", ReplayPolicy: policy(startMs) });
    await reaches(arn, "Completed");
    const sent = trial.asked.find(({ input }) => String(input.QueueUrl).endsWith("/raw"))!.input;
    assert.equal(sent.MessageBody, "bare");
    assert.deepEqual(sent.MessageAttributes, { Replayed: { DataType: "String", StringValue: "true" } });
  });

  test("an archive begins with its policy, reaches back as far as that says, and forgets the rest", async () => {
    const TopicArn = await topic("short", null);
    await publish(TopicArn, "before");
    await setArchive(TopicArn, '{"MessageRetentionPeriod":"1"}');
    const beginningOf = async () => (await trial.sns.getTopicAttributes({ TopicArn }, root)).Attributes!.BeginningArchiveTime;
    const startMs = trial.clock.now();
    assert.equal(await beginningOf(), new Date(startMs).toISOString());
    await publish(TopicArn, "old");
    await trial.clock.advance(dayMs);
    await publish(TopicArn, "new");
    await trial.clock.advance(1_000);
    assert.equal(await beginningOf(), new Date(startMs + 1_000).toISOString());
    const arn = await subscribe(TopicArn, "short", { ReplayPolicy: policy(startMs - dayMs) });
    await reaches(arn, "Completed");
    assert.deepEqual(textsTo("short"), ["new"]);
    await trial.clock.advance(sweepMs);
    const kept = async () => (await trial.state.archive.read(TopicArn, "", undefined, 10)).map(({ bodies }) => bodies.default);
    for (let left = 500; (await kept()).length > 1 && left > 0; left--) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(await kept(), ["new"]);
  });

  test("a topic with an archive stays until that is ended; replays under way fail then", async () => {
    const TopicArn = await topic("kept");
    await assert.rejects(trial.sns.deleteTopic({ TopicArn }, root), {
      code: "InvalidStateException",
      message: "Invalid state: Cannot delete a topic with an ArchivePolicy",
    });
    const startMs = trial.clock.now();
    const arn = await subscribe(TopicArn, "kept", { ReplayPolicy: policy(startMs, startMs + dayMs) });
    await setArchive(TopicArn, "{}");
    assert.equal(await statusOf(arn), "Failed");
    const { ArchivePolicy, BeginningArchiveTime } = (await trial.sns.getTopicAttributes({ TopicArn }, root)).Attributes!;
    assert.deepEqual([ArchivePolicy, BeginningArchiveTime], [undefined, undefined]);
    await publish(TopicArn, "live");
    await trial.settle();
    assert.deepEqual(textsTo("kept"), ["live"]);
    await trial.sns.deleteTopic({ TopicArn }, root);
  });

  test("a slow subscriber does not have the whole archive waiting for it", async () => {
    const TopicArn = await topic("slow");
    const startMs = trial.clock.now();
    for (let at = 0; at < 30; at++) await publish(TopicArn, String(at));
    trial.refuse.call = () => {
      throw new Error("not now");
    };
    const waits = trial.state.deliveries.waits.bind(trial.state.deliveries);
    // As if the first page were all that may wait.
    trial.state.deliveries.waits = (arn, what) => waits(arn, what.count === undefined ? what : { count: 30 });
    const arn = await subscribe(TopicArn, "slow", { ReplayPolicy: policy(startMs) });
    await reaches(arn, "In progress");
    await publish(TopicArn, "one-more");
    await trial.clock.advance(replayPauseMs);
    assert.equal((await trial.state.subscriptions.find(arn))!.replay!.status, "In progress");
    trial.refuse.call = undefined;
    trial.state.deliveries.waits = waits;
    await trial.clock.advance(3_600_000);
    await reaches(arn, "Completed");
    assert.equal(textsTo("slow").length, 31);
  });

  for (const [value, message] of [
    ["", "ArchivePolicy: failed to parse JSON."],
    ["[]", "ArchivePolicy: must be a JSON object"],
    ['{"MessageRetentionPeriod": 0}', "ArchivePolicy: MessageRetentionPeriod must be a whole number of days from 1 to 365"],
    ['{"MessageRetentionPeriod": "366"}', "ArchivePolicy: MessageRetentionPeriod must be a whole number of days from 1 to 365"],
    ['{"Days": 1}', "ArchivePolicy: must contain MessageRetentionPeriod and nothing else"],
  ])
    test(`${value || "nothing"} is no archive policy`, async () => {
      const TopicArn = await topic("refusing");
      await assert.rejects(setArchive(TopicArn, value!), {
        code: "InvalidParameterException",
        message: `Invalid parameter: ${message}`,
      });
      const { ArchivePolicy } = (await trial.sns.getTopicAttributes({ TopicArn }, root)).Attributes!;
      assert.equal(ArchivePolicy, '{"MessageRetentionPeriod":7}');
    });

  for (const [value, message] of [
    ["x", "ReplayPolicy: failed to parse JSON."],
    ["1", "ReplayPolicy: must be a JSON object"],
    ['{"PointType": "Sequence", "StartingPoint": "2026-01-01T00:00:00Z"}', "ReplayPolicy: PointType must be Timestamp"],
    ['{"PointType": "Timestamp"}', "ReplayPolicy: StartingPoint must be a time like 2023-10-26T00:00:00.000Z"],
    [
      '{"PointType": "Timestamp", "StartingPoint": "2026-01-02T00:00:00Z", "EndingPoint": "2026-01-01T00:00:00Z"}',
      "ReplayPolicy: EndingPoint must be after StartingPoint",
    ],
    ['{"PointType": "Timestamp", "StartingPoint": "2026-01-02T00:00:00Z", "More": 1}', "ReplayPolicy: has an unknown member More"],
  ])
    test(`${value} is no replay policy`, async () => {
      const arn = await subscribe(await topic("refusing"), "refusing");
      await assert.rejects(replay(arn, value!), { code: "InvalidParameterException", message: `Invalid parameter: ${message}` });
    });

  test("where there is no archive, there is nothing to replay", async () => {
    const arn = await subscribe(await topic("none", null), "none");
    await assert.rejects(replay(arn, policy(0)), { message: "Invalid parameter: ReplayPolicy: the topic has no active ArchivePolicy" });
    const { TopicArn } = await trial.sns.createTopic({ Name: "standard" }, root);
    await assert.rejects(setArchive(TopicArn!, '{"MessageRetentionPeriod": 1}'), { message: "Invalid parameter: AttributeName" });
  });

  test("replays are so many at most", async () => {
    const arn = await subscribe(await topic("limited"), "limited");
    const countRunning = trial.state.replays.countRunning.bind(trial.state.replays);
    trial.state.replays.countRunning = async () => runningReplays;
    await assert.rejects(replay(arn, policy(0)), { code: "ReplayLimitExceededException" });
    trial.state.replays.countRunning = countRunning;
    await replay(arn, policy(0));
  });
});
