/** SQS with the SDK in JSON, with forms as older SDKs send them, and with the AWS CLI and boto3 as far as this machine has them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { SQS } from "@aws-sdk/client-sqs";
import { accountId, type Product, startProduct } from "#test/product.ts";
import { type Draft, type RawAnswer, sendSigned } from "#test/raw-requests.ts";

const run = promisify(execFile);

const works = (program: string, ...args: string[]): Promise<boolean> =>
  run(program, args).then(
    () => true,
    () => false,
  );

const hasCli = await works("aws", "--version");
const hasBoto3 = await works("python3", "-c", "import boto3");

describe("clients of SQS", () => {
  let product: Product;
  let sqs: SQS;

  before(async () => {
    product = await startProduct();
    ({ sqs } = product);
  });
  after(() => product[Symbol.asyncDispose]());

  const createQueue = async (QueueName: string, Attributes = {}): Promise<string> =>
    (await sqs.createQueue({ QueueName, Attributes })).QueueUrl!;
  const arnOf = (name: string): string => `arn:aws:sqs:us-east-1:${accountId}:${name}`;

  test("the SDK sends, receives and deletes, and finds all digests right", async () => {
    const QueueUrl = await createQueue("sdk");
    assert.equal(QueueUrl, `${product.endpoint}/${accountId}/sdk`);
    const MessageAttributes = {
      text: { DataType: "String", StringValue: "größe 🙂" },
      number: { DataType: "Number.int", StringValue: "42" },
      bytes: { DataType: "Binary", BinaryValue: Uint8Array.of(0, 1, 255) },
    };
    const trace = "Root=1-5759e988-bd862e3fe1be46a994272793";
    const MessageSystemAttributes = { AWSTraceHeader: { DataType: "String", StringValue: trace } };
    const sent = await sqs.sendMessage({ QueueUrl, MessageBody: "one\ttwo\n<&>", MessageAttributes, MessageSystemAttributes });
    assert.match(sent.MD5OfMessageSystemAttributes!, /^[0-9a-f]{32}$/);
    const { Messages } = await sqs.receiveMessage({ QueueUrl, MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] });
    const { Body, MessageId, Attributes, ReceiptHandle, ...rest } = Messages![0]!;
    assert.deepEqual([Body, MessageId], ["one\ttwo\n<&>", sent.MessageId]);
    assert.deepEqual(rest.MessageAttributes, MessageAttributes);
    assert.equal(rest.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
    const { SenderId, AWSTraceHeader, ApproximateReceiveCount } = Attributes!;
    assert.deepEqual([SenderId, AWSTraceHeader, ApproximateReceiveCount], [accountId, trace, "1"]);
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    const AttributeNames = ["ApproximateNumberOfMessages" as const, "ApproximateNumberOfMessagesNotVisible" as const];
    assert.deepEqual((await sqs.getQueueAttributes({ QueueUrl, AttributeNames })).Attributes, {
      ApproximateNumberOfMessages: "0",
      ApproximateNumberOfMessagesNotVisible: "0",
    });
  });

  test("attributes of messages are chosen by name and by prefix, and the digest is that of the chosen ones", async () => {
    const QueueUrl = await createQueue("filters", { VisibilityTimeout: "0" });
    const text = (StringValue: string) => ({ DataType: "String", StringValue });
    await sqs.sendMessage({
      QueueUrl,
      MessageBody: "msg",
      MessageAttributes: { General: text("Kenobi"), Hello: text("There"), "Help.Me": text("Me") },
    });
    // Recorded from AWS: localstack, test_receive_message_message_attribute_names_filters.
    const recorded: Array<[wanted: string[], names: string[], md5: string | undefined]> = [
      [[], [], undefined],
      [["All"], ["General", "Hello", "Help.Me"], "4c360f3fdafd970e05fae2f149d997f5"],
      [[".*"], ["General", "Hello", "Help.Me"], "4c360f3fdafd970e05fae2f149d997f5"],
      [["Foo", "Help"], [], undefined],
      [["General", "Hello"], ["General", "Hello"], "fca026605781cb4126a1e9044df24232"],
      [["Foo", "Hello"], ["Hello"], "a311262e065454b75da111d535b8dacd"],
      [["Hel.*"], ["Hello", "Help.Me"], "83fee93c1bcd8b9a5a923ffacdc636c7"],
    ];
    for (const [MessageAttributeNames, names, md5] of recorded) {
      const { Messages } = await sqs.receiveMessage({ QueueUrl, MessageAttributeNames });
      const { MessageAttributes = {}, MD5OfMessageAttributes } = Messages![0]!;
      assert.deepEqual([Object.keys(MessageAttributes), MD5OfMessageAttributes], [names, md5], MessageAttributeNames.join());
    }
  });

  test("a receive waits for a message, and one whose client goes away takes none with it", async () => {
    const QueueUrl = await createQueue("waiting");
    const goesAway = new AbortController();
    const abandoned = sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 }, { abortSignal: goesAway.signal });
    const failed = assert.rejects(abandoned, { name: "AbortError" });
    const waiting = sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    goesAway.abort();
    await failed;
    await sqs.sendMessage({ QueueUrl, MessageBody: "at last" });
    assert.equal((await waiting).Messages?.[0]?.Body, "at last");
  });

  test("a queue is reached by whatever host its URL has", async () => {
    const port = new URL(product.endpoint).port;
    await createQueue("hosts");
    for (const host of ["localhost", "sqs.us-east-1.localhost", "queue.localhost", "sqs.eu-west-1.amazonaws.com"]) {
      await sqs.sendMessage({ QueueUrl: `http://${host}:${port}/${accountId}/hosts`, MessageBody: host });
    }
    const { QueueUrl } = await sqs.getQueueUrl({ QueueName: "hosts" });
    const { Messages } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
    assert.equal(Messages!.length, 4);
  });

  test("queues are listed by pages and prefixes, with their dead letter queues", async () => {
    for (const name of ["list-a", "list-b", "list-c"]) await createQueue(name);
    const urls: string[] = [];
    for (let NextToken: string | undefined; ;) {
      const page = await sqs.listQueues({ QueueNamePrefix: "list-", MaxResults: 2, NextToken });
      urls.push(...page.QueueUrls!);
      if (page.NextToken === undefined) break;
      NextToken = page.NextToken;
    }
    assert.deepEqual(
      urls.map((url) => url.slice(url.lastIndexOf("/") + 1)),
      ["list-a", "list-b", "list-c"],
    );
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf("list-c"), maxReceiveCount: 3 });
    await sqs.setQueueAttributes({ QueueUrl: urls[0]!, Attributes: { RedrivePolicy } });
    assert.deepEqual((await sqs.listDeadLetterSourceQueues({ QueueUrl: urls[2]! })).queueUrls, [urls[0]]);
  });

  test("a queue shows exactly what was set", async () => {
    const Attributes = { VisibilityTimeout: "20", ReceiveMessageWaitTimeSeconds: "10", KmsMasterKeyId: "alias/aws/sqs" };
    const tags = { team: "ops", empty: "" };
    const { QueueUrl } = await sqs.createQueue({ QueueName: "shown", Attributes, tags });
    const shown = (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] })).Attributes!;
    const { CreatedTimestamp, LastModifiedTimestamp, ...others } = shown;
    assert.equal(CreatedTimestamp, LastModifiedTimestamp);
    assert.deepEqual(others, {
      QueueArn: arnOf("shown"),
      ApproximateNumberOfMessages: "0",
      ApproximateNumberOfMessagesNotVisible: "0",
      ApproximateNumberOfMessagesDelayed: "0",
      VisibilityTimeout: "20",
      MaximumMessageSize: "1048576",
      MessageRetentionPeriod: "345600",
      DelaySeconds: "0",
      ReceiveMessageWaitTimeSeconds: "10",
      KmsMasterKeyId: "alias/aws/sqs",
      KmsDataKeyReusePeriodSeconds: "300",
      SqsManagedSseEnabled: "false",
    });
    assert.deepEqual((await sqs.listQueueTags({ QueueUrl })).Tags, tags);
    await sqs.untagQueue({ QueueUrl, TagKeys: ["empty"] });
    assert.deepEqual((await sqs.listQueueTags({ QueueUrl })).Tags, { team: "ops" });
    assert.equal((await sqs.createQueue({ QueueName: "shown", Attributes })).QueueUrl, QueueUrl);
  });

  test("permissions become statements of the policy", async () => {
    const QueueUrl = await createQueue("shared");
    const policy = async () => (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["Policy"] })).Attributes?.Policy;
    await sqs.addPermission({ QueueUrl, Label: "readers", AWSAccountIds: ["111111111111"], Actions: ["ReceiveMessage"] });
    assert.deepEqual(JSON.parse((await policy())!), {
      Version: "2008-10-17",
      Id: `${arnOf("shared")}/SQSDefaultPolicy`,
      Statement: [
        {
          Sid: "readers",
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::111111111111:root" },
          Action: "SQS:ReceiveMessage",
          Resource: arnOf("shared"),
        },
      ],
    });
    await sqs.removePermission({ QueueUrl, Label: "readers" });
    assert.equal(await policy(), undefined);
  });

  /** As SDKs of before November 2023 do it: a form to the queue's own URL. */
  const form = async (path: string, fields: Record<string, string>, more: Partial<Draft> = {}): Promise<RawAnswer> => {
    const body = new URLSearchParams({ Version: "2012-11-05", ...fields }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
    return sendSigned(product.endpoint, { method: "POST", service: "sqs", path, headers, body, ...more });
  };

  test("forms are answered in XML, and their path names the queue", async () => {
    const created = await form("/", {
      Action: "CreateQueue",
      QueueName: "forms",
      "Attribute.1.Name": "DelaySeconds",
      "Attribute.1.Value": "0",
    });
    assert.equal(created.status, 200);
    assert.match(created.text, /^<CreateQueueResponse xmlns="http:\/\/queue.amazonaws.com\/doc\/2012-11-05\/">/);
    const path = new URL(/<QueueUrl>(.*)<\/QueueUrl>/.exec(created.text)![1]!).pathname;
    const sent = await form(path, {
      Action: "SendMessage",
      MessageBody: "a & b",
      "MessageAttribute.1.Name": "kind",
      "MessageAttribute.1.Value.DataType": "String",
      "MessageAttribute.1.Value.StringValue": "x",
    });
    const md5 = /<MD5OfMessageAttributes>(.*)<\/MD5OfMessageAttributes>/.exec(sent.text)![1];
    const received = await form(path, { Action: "ReceiveMessage", "MessageAttributeName.1": "All", "AttributeName.1": "SentTimestamp" });
    assert.match(received.text, /<Body>a &amp; b<\/Body>/);
    assert.match(received.text, /<Attribute><Name>SentTimestamp<\/Name><Value>\d{13}<\/Value><\/Attribute>/);
    assert.match(received.text, new RegExp(`<MD5OfMessageAttributes>${md5}</MD5OfMessageAttributes>`));
    const ReceiptHandle = /<ReceiptHandle>(.*)<\/ReceiptHandle>/.exec(received.text)![1]!;
    const deleted = await form(path, {
      Action: "DeleteMessageBatch",
      "DeleteMessageBatchRequestEntry.1.Id": "only",
      "DeleteMessageBatchRequestEntry.1.ReceiptHandle": ReceiptHandle,
    });
    assert.match(deleted.text, /<DeleteMessageBatchResultEntry><Id>only<\/Id><\/DeleteMessageBatchResultEntry>/);
    const empty = await form(path, { Action: "ReceiveMessage" });
    assert.match(empty.text, /<ReceiveMessageResult\s*\/>|<ReceiveMessageResult><\/ReceiveMessageResult>/);
  });

  test("a form may come as the query string of a GET", async () => {
    await createQueue("by-get");
    const query = { Action: "SendMessage", Version: "2012-11-05", MessageBody: "from a link" };
    const { status } = await sendSigned(product.endpoint, { service: "sqs", path: `/${accountId}/by-get`, query });
    assert.equal(status, 200);
    const { Messages } = await sqs.receiveMessage({ QueueUrl: `${product.endpoint}/${accountId}/by-get` });
    assert.equal(Messages![0]!.Body, "from a link");
  });

  test("line ends in XML are as they were sent, so that digests are right", async () => {
    const QueueUrl = await createQueue("line-ends");
    await sqs.sendMessage({ QueueUrl, MessageBody: "a\r\nb\rc ]]> &amp;" });
    const { text } = await form(new URL(QueueUrl).pathname, { Action: "ReceiveMessage" });
    // Whoever reads XML takes a bare carriage return for a line feed.
    assert.match(text, /<Body>a&#x0D;&#x0A;b&#x0D;c \]\]&gt; &amp;amp;<\/Body>/);
  });

  test("wrong signatures are refused in the words of each protocol", async () => {
    const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "test" };
    const inXml = await form("/", { Action: "ListQueues" }, { credentials });
    assert.match(inXml.text, /<Code>InvalidClientTokenId<\/Code>/);
    const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ListQueues" };
    const inJson = await sendSigned(product.endpoint, { method: "POST", service: "sqs", headers, body: "{}", credentials });
    assert.equal(inJson.headers["x-amzn-query-error"], "InvalidClientTokenId;Sender");
  });

  test("the AWS CLI sends and receives", { skip: !hasCli && "the AWS CLI is not installed here" }, async () => {
    // Version 1 of the CLI does not look at AWS_ENDPOINT_URL for SQS.
    const aws = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await run("aws", ["--endpoint-url", product.endpoint, "sqs", ...args], { env: environment() })).stdout || "{}");
    const { QueueUrl } = (await aws("create-queue", "--queue-name", "by-cli")) as { QueueUrl: string };
    await aws("send-message", "--queue-url", QueueUrl, "--message-body", "hello");
    const { Messages } = (await aws("receive-message", "--queue-url", QueueUrl)) as { Messages: Array<{ Body: string }> };
    assert.equal(Messages[0]!.Body, "hello");
  });

  test("boto3 finds the old names of errors", { skip: !hasBoto3 && "boto3 is not installed here" }, async () => {
    const script = `
import boto3
sqs = boto3.resource("sqs")
queue = sqs.create_queue(QueueName="by-boto3")
queue.send_messages(Entries=[{"Id": str(n), "MessageBody": f"message {n}"} for n in range(3)])
for message in queue.receive_messages(MaxNumberOfMessages=10, WaitTimeSeconds=1):
    print(message.body)
    message.delete()
assert "Messages" not in boto3.client("sqs").receive_message(QueueUrl=queue.url)
try:
    sqs.get_queue_by_name(QueueName="nowhere")
except sqs.meta.client.exceptions.QueueDoesNotExist as error:
    print(error.response["Error"]["Code"])
`;
    const { stdout } = await run("python3", ["-c", script], { env: environment() });
    assert.deepEqual(stdout.trim().split("\n"), ["message 0", "message 1", "message 2", "AWS.SimpleQueueService.NonExistentQueue"]);
  });

  const environment = (): NodeJS.ProcessEnv => ({
    ...{ PATH: process.env.PATH, HOME: process.env.HOME, AWS_PAGER: "", AWS_EC2_METADATA_DISABLED: "true" },
    ...{ AWS_ENDPOINT_URL: product.endpoint, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
    ...{ AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-1" },
  });
});
