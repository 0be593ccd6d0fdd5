/** Refusals of SNS, word for word as recorded from AWS (LocalStack's validated snapshots, 2023 to 2025), over the wire. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { SNS, SNSServiceException } from "@aws-sdk/client-sns";
import { accountId, type Product, startProduct } from "#test/product.ts";

const arnOf = (name: string): string => `arn:aws:sns:us-east-1:${accountId}:${name}`;
const queueOf = (name: string): string => `arn:aws:sqs:us-east-1:${accountId}:${name}`;
const TopicArn = arnOf("standard");
const fifoArn = arnOf("line.fifo");

type Row = [name: string, call: (sns: SNS) => Promise<unknown>, code: string, message: string, status?: number];

const bad = "InvalidParameterException";
const invalid = (reason: string): [string, string] => [bad, `Invalid parameter: ${reason}`];
const attribute = (name: string, value: object) => (sns: SNS) =>
  sns.publish({ TopicArn, Message: "x", MessageAttributes: { [name]: { DataType: "String", ...value } } });
const badAttribute = "InvalidParameterValueException";
const subscribe = (Attributes: Record<string, string>) => (sns: SNS) =>
  sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: queueOf("other"), Attributes });
const filter = (policy: string): Row[1] => subscribe({ FilterPolicy: policy });
const badFilter = (reason: string) => invalid(`Attributes Reason: FilterPolicy: ${reason}`);

const rows: Row[] = [
  [
    "a topic that is not there",
    (sns) => sns.getTopicAttributes({ TopicArn: arnOf("none") }),
    "NotFoundException",
    "Topic does not exist",
    404,
  ],
  [
    "no ARN",
    (sns) => sns.publish({ TopicArn: "randomstring", Message: "x" }),
    ...invalid("TopicArn Reason: An ARN must have at least 6 elements, not 1"),
  ],
  [
    "half an ARN",
    (sns) => sns.publish({ TopicArn: "randomstring:1", Message: "x" }),
    ...invalid("TopicArn Reason: An ARN must have at least 6 elements, not 2"),
  ],
  [
    "a topic of another region",
    (sns) => sns.getTopicAttributes({ TopicArn: TopicArn.replace("us-east-1", "us-west-2") }),
    ...invalid("TopicArn"),
  ],
  ["a bad name", (sns) => sns.createTopic({ Name: "a:b" }), ...invalid("Topic Name")],
  ["a name too long", (sns) => sns.createTopic({ Name: "a".repeat(257) }), ...invalid("Topic Name")],
  [
    "tags twice",
    (sns) =>
      sns.createTopic({
        Name: "t",
        Tags: [
          { Key: "a", Value: "1" },
          { Key: "a", Value: "2" },
        ],
      }),
    ...invalid("Duplicated keys are not allowed."),
  ],
  [
    "other tags",
    (sns) => sns.createTopic({ Name: "standard", Tags: [{ Key: "a", Value: "1" }] }),
    ...invalid("Tags Reason: Topic already exists with different tags"),
  ],
  [
    "FifoTopic set late",
    (sns) => sns.setTopicAttributes({ TopicArn, AttributeName: "FifoTopic", AttributeValue: "false" }),
    ...invalid("AttributeName"),
  ],
  ["an empty message", (sns) => sns.publish({ TopicArn, Message: "" }), ...invalid("Empty message")],
  ["an empty subject", (sns) => sns.publish({ TopicArn, Message: "x", Subject: "" }), ...invalid("Subject")],
  ["a message too long", (sns) => sns.publish({ TopicArn, Message: "x".repeat(262_145) }), ...invalid("Message too long")],
  [
    "no default body",
    (sns) => sns.publish({ TopicArn, Message: '{"sqs": "x"}', MessageStructure: "json" }),
    ...invalid("Message Structure - No default entry in JSON message body"),
  ],
  [
    "no JSON body",
    (sns) => sns.publish({ TopicArn, Message: '{"sqs": ', MessageStructure: "json" }),
    ...invalid("Message Structure - JSON message body failed to parse"),
  ],
  [
    "no such device",
    (sns) =>
      sns.publish({
        TargetArn: `arn:aws:sns:us-east-1:${accountId}:endpoint/APNS/abcdef/0f7d5971-aa8b-4bd5-b585-0826e9f93a66`,
        Message: "x",
      }),
    ...invalid("TargetArn Reason: No endpoint found for the target arn specified"),
  ],
  [
    "no phone number",
    (sns) => sns.publish({ PhoneNumber: "+1a234", Message: "x" }),
    ...invalid("PhoneNumber Reason: +1a234 is not valid to publish to"),
  ],
  [
    "a deduplication id on a standard topic",
    (sns) => sns.publish({ TopicArn, Message: "x", MessageDeduplicationId: "1" }),
    ...invalid(
      "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
    ),
  ],
  [
    "no group",
    (sns) => sns.publish({ TopicArn: fifoArn, Message: "x" }),
    ...invalid("The MessageGroupId parameter is required for FIFO topics"),
  ],
  [
    "no deduplication",
    (sns) => sns.publish({ TopicArn: fifoArn, Message: "x", MessageGroupId: "g" }),
    ...invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"),
  ],
  [
    "an attribute without a value",
    attribute("attr1", { StringValue: "" }),
    badAttribute,
    "The message attribute 'attr1' must contain non-empty message attribute value for message attribute type 'String'.",
  ],
  [
    "an attribute without a type",
    (sns) => sns.publish({ TopicArn, Message: "x", MessageAttributes: { attr1: { DataType: undefined, StringValue: "x" } } }),
    "ValidationError",
    "1 validation error detected: Value null at 'messageAttributes.attr1.member.dataType' failed to satisfy constraint: Member must not be null",
  ],
  [
    "the wrong field",
    attribute("attr1", { BinaryValue: Buffer.of(1) }),
    badAttribute,
    "The message attribute 'attr1' with type 'String' must use field 'String'.",
  ],
  [
    "no such type",
    attribute("attr1", { DataType: "InvalidType", StringValue: "x" }),
    badAttribute,
    "The message attribute 'attr1' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
  ],
  [
    "an attribute's name too long",
    attribute("a".repeat(257), { StringValue: "x" }),
    badAttribute,
    "Length of message attribute name must be less than 256 bytes.",
  ],
  [
    "an attribute's name with a strange character",
    attribute("a^b", { StringValue: "x" }),
    badAttribute,
    "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
  ],
  [
    "a name with a dot first",
    attribute(".a", { StringValue: "x" }),
    badAttribute,
    "Invalid message attribute name starting with character '.' was found.",
  ],
  [
    "a name with a dot last",
    attribute("a.", { StringValue: "x" }),
    badAttribute,
    "Invalid message attribute name ending with character '.' was found.",
  ],
  [
    "a name with two dots",
    attribute("a..b", { StringValue: "x" }),
    badAttribute,
    "Message attribute name can not have successive '.' character.",
  ],
  [
    "eleven entries",
    (sns) =>
      sns.publishBatch({ TopicArn, PublishBatchRequestEntries: Array.from({ length: 11 }, (_, id) => ({ Id: String(id), Message: "x" })) }),
    "TooManyEntriesInBatchRequestException",
    "The batch request contains more entries than permissible.",
  ],
  [
    "entries of one id",
    (sns) =>
      sns.publishBatch({
        TopicArn,
        PublishBatchRequestEntries: [
          { Id: "1", Message: "x" },
          { Id: "1", Message: "x" },
        ],
      }),
    "BatchEntryIdsNotDistinctException",
    "Two or more batch entries in the request have the same Id.",
  ],
  [
    "no such protocol",
    (sns) => sns.subscribe({ TopicArn, Protocol: "test-protocol", Endpoint: "x" }),
    ...invalid("Amazon SNS does not support this protocol string: test-protocol"),
  ],
  [
    "a queue's URL",
    (sns) => sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: "http://127.0.0.1/queue" }),
    ...invalid("SQS endpoint ARN"),
  ],
  [
    "no SMS endpoint",
    (sns) => sns.subscribe({ TopicArn, Protocol: "sms", Endpoint: "invalid-number" }),
    bad,
    "Invalid SMS endpoint: invalid-number",
  ],
  [
    "a FIFO queue behind a standard topic",
    (sns) => sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: queueOf("q.fifo") }),
    ...invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"),
  ],
  [
    "a wrong value of RawMessageDelivery",
    subscribe({ RawMessageDelivery: "wrongvalue" }),
    ...invalid("Attributes Reason: RawMessageDelivery: Invalid value [wrongvalue]. Must be true or false."),
  ],
  [
    // Seen at https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/399: `false` will not do either.
    "raw delivery by mail",
    (sns) => sns.subscribe({ TopicArn, Protocol: "email", Endpoint: "a@b.test", Attributes: { RawMessageDelivery: "false" } }),
    ...invalid("Attributes Reason: Delivery protocol [email] does not support raw message delivery."),
  ],
  [
    // Seen at https://github.com/aws/aws-cdk/pull/37113.
    "to delete a topic with an archive",
    (sns) => sns.deleteTopic({ TopicArn: arnOf("archived.fifo") }),
    "InvalidStateException",
    "Invalid state: Cannot delete a topic with an ArchivePolicy",
  ],
  [
    "a filter with too many keys",
    filter('{"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"],"f":["x"]}'),
    ...badFilter("Filter policy can not have more than 5 keys"),
  ],
  [
    "a filter too complex",
    filter(JSON.stringify({ a: Array.from({ length: 151 }, String) })),
    ...badFilter("Filter policy is too complex"),
  ],
  ["a filter's unknown operator", filter('{"key":[{"wrong-operator":true}]}'), ...badFilter("Unrecognized match type wrong-operator")],
  [
    "two operators at once",
    filter('{"key":[{"suffix":"value","prefix":"value2"}]}'),
    ...badFilter("Only one key allowed in match expression"),
  ],
  ["a suffix that is no text", filter('{"key":[{"suffix":100}]}'), ...badFilter("suffix match pattern must be a string")],
  ["a filter without a list", filter('{"key_a":"value_one"}'), ...badFilter('"key_a" must be an object or an array')],
  ["a forgotten list", filter('{"key":{"suffix":"value"}}'), ...badFilter('"suffix" must be an object or an array')],
  ["exists of nothing", filter('{"key":[{"exists":null}]}'), ...badFilter("exists match pattern must be either true or false.")],
  [
    "a nested filter on attributes",
    filter('{"object":{"key":[{"prefix":"auto-"}]}}'),
    ...invalid("Filter policy scope MessageAttributes does not support nested filter policy"),
  ],
  [
    "a subscription that is not there",
    (sns) => sns.getSubscriptionAttributes({ SubscriptionArn: `${TopicArn}:1234` }),
    "NotFoundException",
    "Subscription does not exist",
    404,
  ],
  [
    "a subscription's half ARN",
    (sns) => sns.unsubscribe({ SubscriptionArn: "x" }),
    ...invalid("SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"),
  ],
  ["a malformed token", (sns) => sns.confirmSubscription({ TopicArn, Token: "randomtoken" }), bad, "Invalid token"],
  [
    "an unknown token",
    (sns) => sns.confirmSubscription({ TopicArn, Token: "51b2ff3edb4487553c7dd2f29566c2aecada20b9".repeat(6) }),
    ...invalid("Token"),
  ],
  [
    "tags of a topic that is not there",
    (sns) => sns.listTagsForResource({ ResourceArn: arnOf("none") }),
    "ResourceNotFoundException",
    "Resource does not exist",
    404,
  ],
];

describe("SNS refuses as AWS does", () => {
  let product: Product;
  before(async () => {
    product = await startProduct();
    await product.sns.createTopic({ Name: "standard" });
    await product.sns.createTopic({ Name: "line.fifo", Attributes: { FifoTopic: "true" } });
    const ArchivePolicy = '{"MessageRetentionPeriod":"1"}';
    await product.sns.createTopic({ Name: "archived.fifo", Attributes: { FifoTopic: "true", ArchivePolicy } });
    await product.sns.subscribe({ TopicArn: fifoArn, Protocol: "sqs", Endpoint: queueOf("q.fifo") });
    await product.sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: queueOf("q") });
  });
  after(() => product[Symbol.asyncDispose]());

  for (const [name, call, code, message, status = 400] of rows) {
    test(name, async () => {
      const error = await call(product.sns).then(
        () => assert.fail("it was accepted"),
        (reason: SNSServiceException) => reason,
      );
      assert.deepEqual({ code: error.name, message: error.message, status: error.$metadata.httpStatusCode }, { code, message, status });
    });
  }

  describe("of a subscription that is there", () => {
    const settings: Array<[name: string, value: string, reason: string]> = [
      ["FakeAttribute", "x", "AttributeName"],
      ["RawMessageDelivery", "test-ValUe", "RawMessageDelivery: Invalid value [test-ValUe]. Must be true or false."],
      ["RawMessageDelivery", "", "RawMessageDelivery: Invalid value []. Must be true or false."],
      ["RedrivePolicy", '{"deadLetterTargetArn": "fake-arn"}', "RedrivePolicy: deadLetterTargetArn is an invalid arn"],
      ["RedrivePolicy", '{"deadLetterTargetArn": 1}', "RedrivePolicy: deadLetterTargetArn is an invalid arn"],
      [
        "FilterPolicyScope",
        "RandomValue",
        "FilterPolicyScope: Invalid value [RandomValue]. Please use either MessageBody or MessageAttributes",
      ],
    ];
    for (const [AttributeName, AttributeValue, reason] of settings) {
      test(`${AttributeName} ${AttributeValue}`, async () => {
        const { Subscriptions } = await product.sns.listSubscriptionsByTopic({ TopicArn });
        const { SubscriptionArn } = Subscriptions![0]!;
        await assert.rejects(product.sns.setSubscriptionAttributes({ SubscriptionArn, AttributeName, AttributeValue }), {
          name: bad,
          message: `Invalid parameter: ${reason}`,
        });
      });
    }

    test("its dead letter queue has to be a FIFO queue as well", async () => {
      const { Subscriptions } = await product.sns.listSubscriptionsByTopic({ TopicArn: fifoArn });
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueOf("plain") });
      await assert.rejects(
        product.sns.setSubscriptionAttributes({
          ...{ SubscriptionArn: Subscriptions![0]!.SubscriptionArn, AttributeName: "RedrivePolicy", AttributeValue: RedrivePolicy },
        }),
        { message: "Invalid parameter: RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic." },
      );
    });
  });
});
