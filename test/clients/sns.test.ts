/** Topics with real clients and real subscribers: queues, functions, HTTP endpoints that check signatures by AWS's own validator. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { readFile } from "node:fs/promises";
import { createServer as createHttpsServer, globalAgent } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { rootCertificates } from "node:tls";
import { promisify } from "node:util";
// @ts-expect-error The package brings no types.
import MessageValidator from "sns-validator";
import { CertificateAuthority } from "#gateway/tls/certificate-authority.ts";
import { systemClock } from "#kit/clock.ts";
import { randomIds } from "#kit/ids.ts";
import { createFunction, eventually } from "#test/functions.ts";
import { accountId, type Product, startProduct } from "#test/product.ts";

const run = promisify(execFile);
const hasBoto3 = await run("python3", ["-c", "import boto3"]).then(
  () => true,
  () => false,
);

/** https://github.com/aws/aws-js-sns-message-validator */
type Validator = new (hostPattern: RegExp) => {
  validate(message: object, callback: (error: Error | null, message?: object) => void): void;
};

interface Posted {
  headers: IncomingHttpHeaders;
  body: string;
}

describe("topics", () => {
  let product: Product;
  let subscriber: Server;
  const posted: Posted[] = [];
  before(async () => {
    product = await startProduct();
    subscriber = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        posted.push({ headers: request.headers, body });
        response.writeHead(200).end();
      });
    });
    await once(subscriber.listen(0, "127.0.0.1"), "listening");
    // The validator fetches certificates by Node's own agent; this file is a process of its own.
    globalAgent.options.ca = [...rootCertificates, await (await fetch(`${product.endpoint}/_pilotlight/ca.pem`)).text()];
  });
  after(async () => {
    subscriber.closeAllConnections();
    subscriber.close();
    globalAgent.destroy();
    await product[Symbol.asyncDispose]();
  });

  const createTopic = async (Name: string, Attributes: Record<string, string> = {}): Promise<string> =>
    (await product.sns.createTopic({ Name, Attributes })).TopicArn!;
  const createQueue = async (QueueName: string, Attributes: Record<string, string> = {}) => {
    const { QueueUrl } = await product.sqs.createQueue({ QueueName, Attributes });
    return { QueueUrl: QueueUrl!, arn: `arn:aws:sqs:us-east-1:${accountId}:${QueueName}` };
  };
  const receive = async (QueueUrl: string) =>
    (
      await product.sqs.receiveMessage({
        QueueUrl,
        WaitTimeSeconds: 10,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["All"],
      })
    ).Messages ?? [];
  /** Rejects if the signature is not good. */
  const validate = (message: object): Promise<unknown> => {
    const validator = new (MessageValidator as Validator)(/^127\.0\.0\.1:\d+$/);
    return new Promise((resolve, reject) => {
      validator.validate(message, (error, valid) => (error ? reject(error) : resolve(valid)));
    });
  };

  test("a queue gets what is published, with a signature that AWS's validator takes", async () => {
    for (const SignatureVersion of ["1", "2"]) {
      const TopicArn = await createTopic(`signed-${SignatureVersion}`, { SignatureVersion });
      const { QueueUrl, arn } = await createQueue(`signed-${SignatureVersion}`);
      await product.sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: arn });
      await product.sns.publish({ TopicArn, Message: "Grüße\nin zwei Zeilen", Subject: "s" });
      const document = JSON.parse((await receive(QueueUrl))[0]!.Body!) as Record<string, string>;
      assert.equal(document.SignatureVersion, SignatureVersion);
      await validate(document);
      await assert.rejects(validate({ ...document, Message: "forged" }), /signature is invalid/);
    }
  });

  test("one message goes to many, filtered and raw", async () => {
    const TopicArn = await createTopic("fan-out");
    const all = await createQueue("fan-out-all");
    const some = await createQueue("fan-out-some");
    await product.sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: all.arn });
    const Attributes = { RawMessageDelivery: "true", FilterPolicy: JSON.stringify({ kind: ["x", { prefix: "y" }] }) };
    await product.sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: some.arn, Attributes });
    const publish = (Message: string, StringValue: string) =>
      product.sns.publish({ TopicArn, Message, MessageAttributes: { kind: { DataType: "String", StringValue } } });
    await publish("first", "z");
    await publish("second", "yes");
    const [message] = await receive(some.QueueUrl);
    assert.equal(message!.Body, "second");
    assert.equal(message!.MessageAttributes!.kind!.StringValue, "yes");
    const bodies: string[] = [];
    await eventually(
      async () => bodies.push(...(await receive(all.QueueUrl)).map(({ Body }) => (JSON.parse(Body!) as { Message: string }).Message)),
      () => bodies.length >= 2,
    );
    assert.deepEqual(bodies.sort(), ["first", "second"]);
  });

  test("a function is invoked with AWS's event", async () => {
    const { QueueUrl } = await createQueue("function-reports");
    const source = `
      const { SQS } = require("@aws-sdk/client-sqs");
      exports.handler = async (event) => { await new SQS({}).sendMessage({ QueueUrl: "${QueueUrl}", MessageBody: JSON.stringify(event) }); };`;
    await createFunction(product.lambda, "on-topic", source, { Timeout: 60 });
    const { FunctionArn } = (await product.lambda.getFunction({ FunctionName: "on-topic" })).Configuration!;
    const TopicArn = await createTopic("functions");
    await product.lambda.addPermission({
      ...{ FunctionName: "on-topic", StatementId: "topic", Action: "lambda:InvokeFunction" },
      ...{ Principal: "sns.amazonaws.com", SourceArn: TopicArn },
    });
    await product.sns.subscribe({ TopicArn, Protocol: "lambda", Endpoint: FunctionArn });
    const { MessageId } = await product.sns.publish({ TopicArn, Message: "to the function" });
    const [report] = await eventually(
      () => receive(QueueUrl),
      (messages) => messages.length > 0,
    );
    const { Records } = JSON.parse(report!.Body!) as {
      Records: Array<{ EventSource: string; Sns: Record<string, string> }>;
    };
    assert.equal(Records[0]!.EventSource, "aws:sns");
    assert.equal(Records[0]!.Sns.MessageId, MessageId);
    await validate(Records[0]!.Sns);
  });

  test("an HTTP endpoint confirms by the link it got, then is notified, then leaves by another link", async () => {
    const TopicArn = await createTopic("web");
    const Endpoint = `http://ada:secret@127.0.0.1:${(subscriber.address() as AddressInfo).port}/hook?x=1`;
    await product.sns.subscribe({ TopicArn, Protocol: "http", Endpoint });
    const next = async (type: string): Promise<{ headers: IncomingHttpHeaders; document: Record<string, string> }> => {
      const found = await eventually(
        async () => posted.find(({ headers }) => headers["x-amz-sns-message-type"] === type),
        (one) => one !== undefined,
      );
      const document = JSON.parse(found!.body) as Record<string, string>;
      // AWS signs the token of this one too (sns-verify-signature-of-message), which the validator leaves out.
      if (type !== "UnsubscribeConfirmation") await validate(document);
      return { headers: found!.headers, document };
    };
    const asking = await next("SubscriptionConfirmation");
    assert.equal(asking.headers["x-amz-sns-topic-arn"], TopicArn);
    assert.equal(asking.headers["content-type"], "text/plain; charset=UTF-8");
    assert.equal(asking.headers["user-agent"], "Amazon Simple Notification Service Agent");
    assert.equal(asking.headers.authorization, `Basic ${Buffer.from("ada:secret").toString("base64")}`);
    const confirmed = await (await fetch(asking.document.SubscribeURL!)).text();
    const SubscriptionArn = /<SubscriptionArn>(.*)<\/SubscriptionArn>/.exec(confirmed)![1]!;
    await product.sns.publish({ TopicArn, Message: "news" });
    const news = await next("Notification");
    assert.equal(news.headers["x-amz-sns-subscription-arn"], SubscriptionArn);
    assert.equal(news.document.Message, "news");
    assert.equal((await fetch(news.document.UnsubscribeURL!)).status, 200);
    await next("UnsubscribeConfirmation");
    assert.deepEqual((await product.sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions, []);
  });

  test("an HTTPS endpoint with a certificate of our own authority is trusted", async () => {
    const authority = new CertificateAuthority(systemClock, randomIds, (name) => readFile(join(product.dataFolder, name)));
    const { certificate, key } = await authority.issue(["127.0.0.1"]);
    const types: unknown[] = [];
    const server = createHttpsServer({ cert: certificate, key }, (request, response) => {
      types.push(request.headers["x-amz-sns-message-type"]);
      request.resume();
      response.end();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    try {
      const Endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      await product.sns.subscribe({ TopicArn: await createTopic("secure-web"), Protocol: "https", Endpoint });
      await eventually(
        async () => types,
        ({ length }) => length > 0,
      );
      assert.deepEqual(types, ["SubscriptionConfirmation"]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test("FIFO topics keep the order of a group in FIFO queues", async () => {
    const TopicArn = await createTopic("line.fifo", { FifoTopic: "true", ContentBasedDeduplication: "true" });
    const { QueueUrl, arn } = await createQueue("line.fifo", { FifoQueue: "true" });
    await product.sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: arn, Attributes: { RawMessageDelivery: "true" } });
    const texts = Array.from({ length: 10 }, (_, index) => `m${index}`);
    const entries = texts.map((Message, index) => ({ Id: String(index), Message, MessageGroupId: "g" }));
    const { Successful } = await product.sns.publishBatch({ TopicArn, PublishBatchRequestEntries: entries });
    assert.equal(Successful!.length, 10);
    const got: string[] = [];
    await eventually(
      async () => {
        for (const { Body, ReceiptHandle } of await receive(QueueUrl)) {
          got.push(Body!);
          await product.sqs.deleteMessage({ QueueUrl, ReceiptHandle });
        }
      },
      () => got.length >= 10,
    );
    assert.deepEqual(got, texts);
  });

  test("the outbox opens with the keys of the root", async () => {
    await product.sns.publish({ PhoneNumber: "+15551234567", Message: "hello" });
    const outbox = `${product.endpoint}/_pilotlight/sns/outbox`;
    assert.equal((await fetch(outbox)).status, 401);
    const answer = await fetch(outbox, { headers: { authorization: `Basic ${Buffer.from("test:test").toString("base64")}` } });
    const { items } = (await answer.json()) as { items: Array<Record<string, string>> };
    assert.deepEqual([items[0]!.kind, items[0]!.destination, items[0]!.body], ["sms", "+15551234567", "hello"]);
  });

  test("boto3 pages through subscriptions", { skip: !hasBoto3 && "boto3 is not installed here" }, async () => {
    const script = `
import boto3
sns = boto3.client("sns")
topic = sns.create_topic(Name="paged", Tags=[{"Key": "a", "Value": "b"}])["TopicArn"]
for n in range(101): sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:000000000000:q{n}")
first = sns.list_subscriptions_by_topic(TopicArn=topic)
rest = sns.list_subscriptions_by_topic(TopicArn=topic, NextToken=first["NextToken"])
print(len(first["Subscriptions"]), len(rest["Subscriptions"]), "NextToken" in rest, sns.list_tags_for_resource(ResourceArn=topic)["Tags"])
print(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsConfirmed"])
sns.delete_topic(TopicArn=topic)
try: sns.publish(TopicArn=topic, Message="x")
except sns.exceptions.NotFoundException as error: print(error.response["Error"]["Message"])
`;
    const env = {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, AWS_ENDPOINT_URL: product.endpoint },
      ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1" },
    };
    const { stdout } = await run("python3", ["-c", script], { env });
    assert.equal(stdout, "100 1 False [{'Key': 'a', 'Value': 'b'}]\n101\nTopic does not exist\n");
  });
});
