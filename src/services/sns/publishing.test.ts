import assert from "node:assert/strict";
import { createVerify } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { AwsError } from "#wire/errors.ts";
import type { Principal } from "#wire/principal.ts";
import { contentDigest } from "./message.ts";
import { textToSign } from "./signing.ts";
import { accountId, arnOf, openSnsTrial, queueArn, root, signingPublicKey, type SnsTrial } from "./trial.ts";

describe("publishing", () => {
  let trial: SnsTrial;
  before(async () => void (trial = await openSnsTrial()));
  after(() => trial[Symbol.asyncDispose]());

  /** A topic with one queue behind it. */
  const topicWithQueue = async (name: string, attributes: Record<string, string> = {}, topicAttributes: Record<string, string> = {}) => {
    const { TopicArn } = await trial.sns.createTopic({ Name: name, Attributes: topicAttributes }, root);
    const Endpoint = queueArn(name);
    const { SubscriptionArn } = await trial.sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint, Attributes: attributes }, root);
    return { TopicArn, SubscriptionArn };
  };
  const sentTo = (name: string) =>
    trial.asked.filter(({ operation, input }) => operation === "SendMessage" && String(input.QueueUrl).endsWith(`/${name}`));
  const bodiesTo = (name: string): Array<Record<string, any>> =>
    sentTo(name).map(({ input }) => JSON.parse(String(input.MessageBody)) as never);

  test("a queue gets AWS's document, signed", async () => {
    const { TopicArn, SubscriptionArn } = await topicWithQueue("plain");
    const { MessageId } = await trial.sns.publish(
      { TopicArn, Message: "grüß dich", Subject: "hello", MessageAttributes: { a: { DataType: "Number", StringValue: "1" } } },
      root,
    );
    await trial.settle();
    const [document] = bodiesTo("plain");
    const { Signature, ...rest } = document!;
    assert.deepEqual(rest, {
      Type: "Notification",
      MessageId,
      TopicArn,
      Subject: "hello",
      Message: "grüß dich",
      Timestamp: new Date(trial.clock.now()).toISOString(),
      SignatureVersion: "1",
      SigningCertURL: `https://127.0.0.1:4567/_pilotlight/sns/${await trial.state.signer.fileName()}`,
      UnsubscribeURL: `http://127.0.0.1:4566/_pilotlight/sns/subscription?Action=Unsubscribe&SubscriptionArn=${SubscriptionArn}`,
      MessageAttributes: { a: { Type: "Number", Value: "1" } },
    });
    assert.ok(
      createVerify("RSA-SHA1")
        .update(textToSign(document!))
        .verify(signingPublicKey, Signature as string, "base64"),
    );
    const { as } = sentTo("plain")[0]!.options;
    assert.deepEqual(as, { kind: "service", accountId, servicePrincipal: "sns.amazonaws.com", sourceArn: TopicArn });
  });

  test("version 2 signs with SHA-256", async () => {
    const { TopicArn } = await topicWithQueue("second", {}, { SignatureVersion: "2" });
    await trial.sns.publish({ TopicArn, Message: "x" }, root);
    await trial.settle();
    const [document] = bodiesTo("second");
    assert.equal(document!.SignatureVersion, "2");
    assert.ok(
      createVerify("RSA-SHA256")
        .update(textToSign(document!))
        .verify(signingPublicKey, document!.Signature as string, "base64"),
    );
  });

  test("raw delivery passes the message and its attributes", async () => {
    const { TopicArn } = await topicWithQueue("raw", { RawMessageDelivery: "true" });
    const MessageAttributes = {
      text: { DataType: "String", StringValue: "x" },
      bytes: { DataType: "Binary", BinaryValue: Uint8Array.of(1, 2) },
    };
    await trial.sns.publish({ TopicArn, Message: "bare", MessageAttributes }, root);
    await trial.settle();
    const [{ input }] = sentTo("raw") as [(typeof trial.asked)[0]];
    assert.equal(input.MessageBody, "bare");
    assert.deepEqual(input.MessageAttributes, { ...MessageAttributes, bytes: { DataType: "Binary", BinaryValue: Buffer.of(1, 2) } });
  });

  test("a function gets one record as AWS's", async () => {
    const { TopicArn } = await trial.sns.createTopic({ Name: "function", Attributes: { SignatureVersion: "2" } }, root);
    const Endpoint = "arn:aws:lambda:eu-central-1:123456789012:function:worker";
    const { SubscriptionArn } = await trial.sns.subscribe({ TopicArn, Protocol: "lambda", Endpoint }, root);
    await trial.sns.publish({ TopicArn, Message: "x" }, root);
    await trial.settle();
    const { input } = trial.asked.find(({ operation }) => operation === "Invoke")!;
    assert.equal(input.InvocationType, "Event");
    assert.equal(input.FunctionName, Endpoint);
    const event = JSON.parse(Buffer.from(input.Payload as Uint8Array).toString()) as { Records: Array<Record<string, any>> };
    const [{ Sns, ...record }] = event.Records as [Record<string, any>];
    assert.deepEqual(record, { EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn: SubscriptionArn });
    assert.deepEqual(Object.keys(Sns as object), [
      "Type",
      "MessageId",
      "TopicArn",
      "Subject",
      "Message",
      "Timestamp",
      "SignatureVersion",
      "Signature",
      "SigningCertUrl",
      "UnsubscribeUrl",
      "MessageAttributes",
    ]);
    assert.deepEqual([Sns.Subject, Sns.MessageAttributes, Sns.SignatureVersion], [null, {}, "1"]);
  });

  test("JSON messages have a body per protocol", async () => {
    const { TopicArn } = await topicWithQueue("structured");
    const publish = (Message: string) => trial.sns.publish({ TopicArn, Message, MessageStructure: "json" }, root);
    await publish('{"default": "d", "sqs": "s"}');
    await publish('{"default": "d", "email": "e"}');
    await trial.settle();
    assert.deepEqual(
      bodiesTo("structured")
        .map(({ Message }) => Message as string)
        .sort(),
      ["d", "s"],
    );
    await assert.rejects(publish('{"sqs": "s"}'), {
      message: "Invalid parameter: Message Structure - No default entry in JSON message body",
    });
    await assert.rejects(publish("{"), { message: "Invalid parameter: Message Structure - JSON message body failed to parse" });
  });

  test("filter policies choose by attributes or by body", async () => {
    const { TopicArn } = await topicWithQueue("by-attributes", { FilterPolicy: '{"size": [{"numeric": [">", 5]}], "gone": [null]}' });
    await trial.sns.subscribe(
      {
        TopicArn,
        Protocol: "sqs",
        Endpoint: queueArn("by-body"),
        Attributes: { FilterPolicyScope: "MessageBody", FilterPolicy: '{"order": {"state": ["paid"]}}' },
      },
      root,
    );
    const publish = (Message: string, size: string, more = {}) =>
      trial.sns.publish({ TopicArn, Message, MessageAttributes: { size: { DataType: "Number", StringValue: size }, ...more } }, root);
    await publish("small", "5");
    await publish("big", "6");
    await publish("gone is there", "6", { gone: { DataType: "String", StringValue: "x" } });
    await publish('{"order": {"state": "paid"}}', "1");
    await publish('{"order": {"state": "open"}}', "1");
    await trial.settle();
    assert.deepEqual(
      bodiesTo("by-attributes").map(({ Message }) => Message as string),
      ["big"],
    );
    assert.deepEqual(
      bodiesTo("by-body").map(({ Message }) => Message as string),
      ['{"order": {"state": "paid"}}'],
    );
  });

  test("a batch is accepted entry by entry", async () => {
    const { TopicArn } = await topicWithQueue("batch");
    const entries = ["1", "2", "3"].map((Id) => ({ Id, Message: `m${Id}` }));
    const { Successful, Failed } = await trial.sns.publishBatch({ TopicArn, PublishBatchRequestEntries: entries }, root);
    assert.deepEqual([Successful!.map(({ Id }) => Id), Failed], [["1", "2", "3"], []]);
    await trial.settle();
    assert.equal(sentTo("batch").length, 3);
    const big = "x".repeat(200_000);
    await assert.rejects(
      trial.sns.publishBatch(
        {
          TopicArn,
          PublishBatchRequestEntries: [
            { Id: "a", Message: big },
            { Id: "b", Message: big },
          ],
        },
        root,
      ),
      { code: "BatchRequestTooLongException" },
    );
    await assert.rejects(trial.sns.publishBatch({ TopicArn, PublishBatchRequestEntries: [entries[0]!, entries[0]!] }, root), {
      code: "BatchEntryIdsNotDistinctException",
    });
  });

  test("what was accepted survives, with its failures", async () => {
    const { TopicArn } = await topicWithQueue("patient");
    trial.refuse.call = ({ operation }) => {
      if (operation === "SendMessage") throw new AwsError("ServiceUnavailable", "not now");
    };
    await trial.sns.publish({ TopicArn, Message: "wait" }, root);
    await trial.settle();
    await trial.restart();
    trial.refuse.call = undefined;
    await trial.clock.advance(1_000);
    await trial.settle();
    assert.equal(sentTo("patient").length, 1);
    assert.equal(await trial.state.deliveries.nextDueMs(0), undefined);
  });

  test("a queue that is gone sends the message to the dead letter queue", async () => {
    const { TopicArn } = await topicWithQueue("gone", { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn("letters") }) });
    trial.refuse.call = ({ input }) => {
      if (input.QueueName === "gone") throw new AwsError("QueueDoesNotExist", "gone");
    };
    await trial.sns.publish({ TopicArn, Message: "lost?" }, root);
    await trial.settle();
    trial.refuse.call = undefined;
    assert.equal(bodiesTo("letters")[0]?.Message, "lost?");
    assert.equal(sentTo("gone").length, 0);
  });

  test("an HTTP subscriber is asked first, tried by its policy, and told when it is over", async () => {
    const { TopicArn } = await trial.sns.createTopic({ Name: "web" }, root);
    const Endpoint = "http://subscriber.test/hook";
    const DeliveryPolicy = JSON.stringify({ healthyRetryPolicy: { minDelayTarget: 5, maxDelayTarget: 5, numRetries: 2 } });
    const subscribed = await trial.sns.subscribe({ TopicArn, Protocol: "http", Endpoint, Attributes: { DeliveryPolicy } }, root);
    assert.equal(subscribed.SubscriptionArn, "pending confirmation");
    await trial.settle();
    const asking = trial.posts.at(-1)!;
    assert.deepEqual(Object.keys(asking.marks), ["message-type", "message-id", "topic-arn"]);
    const { Token, SubscribeURL, Signature, ...rest } = JSON.parse(asking.body) as Record<string, string>;
    assert.equal(rest.Type, "SubscriptionConfirmation");
    assert.ok(SubscribeURL!.endsWith(`Action=ConfirmSubscription&TopicArn=${TopicArn}&Token=${Token}`));
    assert.ok(
      createVerify("RSA-SHA1")
        .update(textToSign({ ...rest, Token, SubscribeURL }))
        .verify(signingPublicKey, Signature!, "base64"),
    );
    await trial.sns.publish({ TopicArn, Message: "too early" }, root);
    await assert.rejects(trial.sns.confirmSubscription({ TopicArn, Token: "abc" }, root), { message: "Invalid token" });
    const { SubscriptionArn } = await trial.sns.confirmSubscription({ TopicArn, Token }, root);

    let failures = 0;
    trial.refuse.post = () => {
      failures++;
      throw new Error("connection refused");
    };
    await trial.sns.publish({ TopicArn, Message: "again and again" }, root);
    await trial.settle();
    assert.equal(failures, 1);
    for (let retry = 0; retry < 3; retry++) {
      await trial.clock.advance(5_000);
      await trial.settle();
    }
    assert.equal(failures, 3, "two retries, and no more");
    trial.refuse.post = undefined;

    await trial.sns.unsubscribe({ SubscriptionArn }, root);
    await trial.settle();
    const last = trial.posts.at(-1)!;
    assert.equal(last.marks["message-type"], "UnsubscribeConfirmation");
    await assert.rejects(trial.sns.getSubscriptionAttributes({ SubscriptionArn }, root), { message: "Subscription does not exist" });
    await trial.sns.confirmSubscription({ TopicArn, Token: (JSON.parse(last.body) as { Token: string }).Token }, root);
    assert.equal((await trial.sns.getSubscriptionAttributes({ SubscriptionArn }, root)).Attributes!.PendingConfirmation, "false");
  });

  test("an address that is not public is for those subscribers only that no function subscribed", async () => {
    const { TopicArn } = await trial.sns.createTopic({ Name: "inside" }, root);
    const roleArn = `arn:aws:iam::${accountId}:role/r`;
    const session = {
      kind: "assumed-role",
      accountId,
      arn: `arn:aws:sts::${accountId}:assumed-role/r/f`,
      userId: "AROA:f",
      roleArn,
    } as const;
    const ofFunction = { ...session, sessionName: "f", openedBy: "lambda.amazonaws.com" };
    const subscribeAs = async (as: Principal): Promise<boolean | undefined> => {
      await trial.sns.subscribe({ TopicArn, Protocol: "http", Endpoint: "http://localhost/hook" }, { ...root, as });
      await trial.settle();
      return trial.posts.at(-1)?.mayBePrivate;
    };
    assert.equal(await subscribeAs(ofFunction), false);
    assert.equal(await subscribeAs(ofFunction), false, "asked again by the same");
    assert.equal(await subscribeAs({ ...session, sessionName: "somebody" }), true, "asked again by somebody who may");
    assert.equal(await subscribeAs(ofFunction), true, "what was allowed stays so");
  });

  test("mails and texts wait in the outbox", async () => {
    const { TopicArn } = await trial.sns.createTopic({ Name: "letters", Attributes: { DisplayName: "Shop" } }, root);
    await trial.sns.subscribe({ TopicArn, Protocol: "email", Endpoint: "ada@example.com" }, root);
    await trial.sns.subscribe({ TopicArn, Protocol: "sms", Endpoint: "+15551234567" }, root);
    await trial.settle();
    const [mail] = await trial.state.outbox.list(10);
    assert.equal(mail!.subject, "Shop: subscription confirmation");
    const Token = /Token=([0-9a-f]+)/.exec(mail!.body)![1];
    await trial.sns.confirmSubscription({ TopicArn, Token }, root);
    await trial.clock.advance(1);
    await trial.sns.publish({ TopicArn, Message: "your order" }, root);
    await trial.clock.advance(1);
    await trial.sns.publish({ PhoneNumber: "+15557654321", Message: "direct" }, root);
    await trial.settle();
    const items = await trial.state.outbox.list(3);
    assert.deepEqual(items.map(({ kind, destination }) => `${kind} ${destination}`).sort(), [
      "email ada@example.com",
      "sms +15551234567",
      "sms +15557654321",
    ]);
    assert.equal(items.find(({ destination }) => destination === "+15551234567")!.body, "Shop> your order");
  });

  describe("FIFO topics", () => {
    const Name = "orders.fifo";
    const TopicArn = arnOf(Name);
    before(async () => {
      await trial.sns.createTopic({ Name, Attributes: { FifoTopic: "true", ContentBasedDeduplication: "true" } }, root);
      await trial.sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: queueArn("orders.fifo") }, root);
    });
    const publish = (Message: string, MessageGroupId = "g") => trial.sns.publish({ TopicArn, Message, MessageGroupId }, root);

    test("a message is delivered once within five minutes, unsigned, under its number", async () => {
      const first = await publish("once");
      assert.deepEqual(await publish("once"), first);
      assert.match(first.SequenceNumber!, /^\d{20}$/);
      await trial.settle();
      const [sent] = sentTo("orders.fifo");
      assert.equal(sentTo("orders.fifo").length, 1);
      assert.equal(sent!.input.MessageGroupId, "g");
      assert.equal(sent!.input.MessageDeduplicationId, contentDigest("once"));
      const document = JSON.parse(String(sent!.input.MessageBody)) as Record<string, unknown>;
      assert.equal(document.SequenceNumber, first.SequenceNumber);
      assert.equal(document.Signature, undefined);
      await trial.clock.advance(5 * 60_000);
      assert.notEqual((await publish("once")).MessageId, first.MessageId);
    });

    test("a group waits for its head, other groups do not", async () => {
      trial.refuse.call = ({ operation, input }) => {
        if (operation === "SendMessage" && String(input.MessageBody).includes("stuck")) throw new Error("not now");
      };
      await publish("stuck", "a");
      await publish("behind", "a");
      await publish("free", "b");
      await trial.settle();
      const seen = () => bodiesTo("orders.fifo").map(({ Message }) => Message as string);
      assert.ok(seen().includes("free"));
      assert.ok(!seen().includes("behind"));
      trial.refuse.call = undefined;
      await trial.clock.advance(20_000);
      await trial.settle();
      assert.deepEqual(
        seen().filter((text) => text === "stuck" || text === "behind"),
        ["stuck", "behind"],
      );
    });

    test("a group is required", async () => {
      await assert.rejects(trial.sns.publish({ TopicArn, Message: "x" }, root), {
        message: "Invalid parameter: The MessageGroupId parameter is required for FIFO topics",
      });
    });
  });
});
