/** Functions that read queues, and asynchronous invocations that write to them, with the real clients. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { CreateEventSourceMappingCommandInput, CreateFunctionCommandInput } from "@aws-sdk/client-lambda";
import type { Message, SQS } from "@aws-sdk/client-sqs";
import { createFunction, eventually } from "#test/functions.ts";
import { accountId, type Product, roleArn, startProduct } from "#test/product.ts";

/** What a function got, written into a queue of its own. */
const reportSource = (handled: string): string => `
  const { SQS } = require("@aws-sdk/client-sqs");
  const sqs = new SQS({});
  exports.handler = async (event, context) => {
    const report = { event, requestId: context.awsRequestId, trace: process.env._X_AMZN_TRACE_ID };
    await sqs.sendMessage({ QueueUrl: process.env.REPORTS, MessageBody: JSON.stringify(report) });
    ${handled}
  };`;

interface Report {
  event: { Records: Array<{ messageId: string; body: string; [member: string]: unknown }> };
  requestId: string;
  trace: string;
}

const arnOf = (name: string): string => `arn:aws:sqs:us-east-1:${accountId}:${name}`;

describe("a function and its queues", () => {
  let product: Product;
  let sqs: SQS;
  before(async () => {
    product = await startProduct();
    ({ sqs } = product);
  });
  after(() => product[Symbol.asyncDispose]());

  const createQueue = async (QueueName: string, Attributes: Record<string, string> = {}): Promise<string> =>
    (await sqs.createQueue({ QueueName, Attributes })).QueueUrl!;

  /** A function `name` that reports to the queue `name-reports`. */
  async function createReporter(name: string, handled = "", settings: Partial<CreateFunctionCommandInput> = {}): Promise<string> {
    const reports = await createQueue(`${name}-reports`);
    await createFunction(product.lambda, name, reportSource(handled), { Environment: { Variables: { REPORTS: reports } }, ...settings });
    return reports;
  }

  async function map(name: string, queue: string, options: Partial<CreateEventSourceMappingCommandInput> = {}): Promise<string> {
    const { UUID } = await product.lambda.createEventSourceMapping({ FunctionName: name, EventSourceArn: arnOf(queue), ...options });
    await eventually(
      () => product.lambda.getEventSourceMapping({ UUID }),
      ({ State }) => State === "Enabled",
    );
    return UUID!;
  }

  async function nextReport(QueueUrl: string): Promise<Report> {
    const { Messages } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 10 });
    assert.ok(Messages, "nothing was reported");
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle: Messages[0]!.ReceiptHandle });
    return JSON.parse(Messages[0]!.Body!) as Report;
  }

  const isEmpty = (QueueUrl: string) =>
    eventually(
      async () =>
        (
          await sqs.getQueueAttributes({
            QueueUrl,
            AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
          })
        ).Attributes!,
      ({ ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible }) =>
        ApproximateNumberOfMessages === "0" && ApproximateNumberOfMessagesNotVisible === "0",
    );

  test("messages come as AWS's records, and are gone from the queue when they were processed", async () => {
    const reports = await createReporter("orders-reader");
    const queue = await createQueue("orders");
    const uuid = await map("orders-reader", "orders");
    const sent = await sqs.sendMessage({
      QueueUrl: queue,
      MessageBody: "a table",
      MessageAttributes: { city: { DataType: "String", StringValue: "Bern" }, seal: { DataType: "Binary", BinaryValue: Buffer.from("x") } },
    });
    const { event } = await nextReport(reports);
    const [{ receiptHandle, attributes, ...record }] = event.Records as unknown as [Record<string, unknown>];
    assert.deepEqual(record, {
      messageId: sent.MessageId,
      body: "a table",
      messageAttributes: {
        city: { stringValue: "Bern", stringListValues: [], binaryListValues: [], dataType: "String" },
        seal: { binaryValue: "eA==", stringListValues: [], binaryListValues: [], dataType: "Binary" },
      },
      md5OfMessageAttributes: sent.MD5OfMessageAttributes,
      md5OfBody: sent.MD5OfMessageBody,
      eventSource: "aws:sqs",
      eventSourceARN: arnOf("orders"),
      awsRegion: "us-east-1",
    });
    assert.equal(typeof receiptHandle, "string");
    const { ApproximateReceiveCount, SentTimestamp, SenderId, ApproximateFirstReceiveTimestamp } = attributes as Record<string, string>;
    assert.equal(ApproximateReceiveCount, "1");
    assert.equal(SenderId, accountId);
    assert.ok(Number(SentTimestamp) <= Number(ApproximateFirstReceiveTimestamp));
    await isEmpty(queue);

    await product.lambda.updateEventSourceMapping({ UUID: uuid, Enabled: false });
    await eventually(
      () => product.lambda.getEventSourceMapping({ UUID: uuid }),
      ({ State }) => State === "Disabled",
    );
    await sqs.sendMessage({ QueueUrl: queue, MessageBody: "kept" });
    const { Messages } = await sqs.receiveMessage({ QueueUrl: queue, VisibilityTimeout: 0 });
    assert.equal(Messages?.length, 1, "a disabled mapping reads nothing");
    await product.lambda.updateEventSourceMapping({ UUID: uuid, Enabled: true });
    assert.equal((await nextReport(reports)).event.Records[0]!.body, "kept");
    await isEmpty(queue);
    await eventually(
      () => product.lambda.getEventSourceMapping({ UUID: uuid }),
      ({ State }) => State === "Enabled",
    );
    await product.lambda.deleteEventSourceMapping({ UUID: uuid });
  });

  test("messages that fail again and again end in the queue's dead letter queue; others of their batch do not", async () => {
    const reports = await createReporter(
      "partly",
      `return { batchItemFailures: event.Records.filter(({ body }) => body === "bad").map(({ messageId }) => ({ itemIdentifier: messageId })) };`,
      { Timeout: 6 },
    );
    const dead = await createQueue("partly-dead");
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf("partly-dead"), maxReceiveCount: 2 });
    const queue = await createQueue("partly", { RedrivePolicy, VisibilityTimeout: "6" });
    await sqs.sendMessageBatch({ QueueUrl: queue, Entries: ["good", "bad", "fine"].map((Id) => ({ Id, MessageBody: Id })) });
    await map("partly", "partly", { FunctionResponseTypes: ["ReportBatchItemFailures"] });
    assert.deepEqual((await nextReport(reports)).event.Records.map(({ body }) => body).toSorted(), ["bad", "fine", "good"]);
    assert.deepEqual(
      (await nextReport(reports)).event.Records.map(({ body, attributes }) => [
        body,
        (attributes as Record<string, string>).ApproximateReceiveCount,
      ]),
      [["bad", "2"]],
    );
    const { Messages } = await sqs.receiveMessage({ QueueUrl: dead, WaitTimeSeconds: 10 });
    assert.equal(Messages![0]!.Body, "bad");
    await isEmpty(queue);
  });

  test("filters keep the function from what it does not want, and the queue empty", async () => {
    const reports = await createReporter("choosy");
    const queue = await createQueue("choosy");
    await map("choosy", "choosy", { FilterCriteria: { Filters: [{ Pattern: '{"body":{"kind":["wanted"]}}' }] } });
    const bodies = ['{"kind":"other"}', "plain", '{"kind":"wanted"}'];
    await sqs.sendMessageBatch({ QueueUrl: queue, Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })) });
    assert.deepEqual(
      (await nextReport(reports)).event.Records.map(({ body }) => body),
      ['{"kind":"wanted"}'],
    );
    await isEmpty(queue);
  });

  test("messages of a FIFO queue keep the order of their group", async () => {
    const reports = await createReporter("ordered");
    const queue = await createQueue("ordered.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
    await map("ordered", "ordered.fifo", { BatchSize: 2 });
    const names = ["a1", "b1", "a2", "b2", "a3", "b3", "a4"];
    for (const name of names) await sqs.sendMessage({ QueueUrl: queue, MessageBody: name, MessageGroupId: name[0] });
    const seen: string[] = [];
    while (seen.length < names.length) {
      const { Records } = (await nextReport(reports)).event;
      seen.push(...Records.map(({ body }) => body));
      const { MessageGroupId, SequenceNumber } = Records[0]!.attributes as Record<string, string>;
      assert.ok(MessageGroupId && SequenceNumber);
    }
    await isEmpty(queue);
    for (const group of ["a", "b"]) {
      const own = seen.filter((name) => name.startsWith(group));
      // The reports are in a standard queue, but one batch follows the other.
      assert.deepEqual(own, own.toSorted());
    }
  });

  test("the outcome of asynchronous invocations goes to the queues that were named for it", async () => {
    const outcomes = await createQueue("outcomes");
    const letters = await createQueue("letters");
    await createFunction(
      product.lambda,
      "outcome",
      `exports.handler = async ({ fail }) => { if (fail) throw new Error("no"); return { ok: 1 }; };`,
      {
        DeadLetterConfig: { TargetArn: arnOf("letters") },
      },
    );
    await product.lambda.putFunctionEventInvokeConfig({
      FunctionName: "outcome",
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnSuccess: { Destination: arnOf("outcomes") }, OnFailure: { Destination: arnOf("outcomes") } },
    });
    const invoke = (payload: object) =>
      product.lambda.invoke({ FunctionName: "outcome", InvocationType: "Event", Payload: JSON.stringify(payload) });
    const recordIn = async () => JSON.parse((await sqs.receiveMessage({ QueueUrl: outcomes, WaitTimeSeconds: 10 })).Messages![0]!.Body!);
    await invoke({ fail: false });
    const success = await recordIn();
    assert.equal(success.requestContext.condition, "Success");
    assert.deepEqual([success.requestPayload, success.responsePayload], [{ fail: false }, { ok: 1 }]);
    await invoke({ fail: true });
    const failure = await recordIn();
    assert.equal(failure.requestContext.condition, "RetriesExhausted");
    assert.equal(failure.responseContext.functionError, "Unhandled");
    assert.equal(failure.responsePayload.errorMessage, "no");
    const { Messages } = await sqs.receiveMessage({ QueueUrl: letters, WaitTimeSeconds: 10, MessageAttributeNames: ["All"] });
    assert.equal(Messages![0]!.Body, '{"fail":true}');
    assert.deepEqual(Messages![0]!.MessageAttributes!.ErrorMessage, { DataType: "String", StringValue: "no" });
    assert.deepEqual(Messages![0]!.MessageAttributes!.ErrorCode, { DataType: "Number", StringValue: "200" });
    assert.equal(Messages![0]!.MessageAttributes!.RequestID!.StringValue, failure.requestContext.requestId);
  });

  test("a destination, and a dead letter queue, may be a topic", async () => {
    const { sns } = product;
    const inbox = await createQueue("inbox");
    const { TopicArn } = await sns.createTopic({ Name: "failures" });
    await sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: arnOf("inbox"), Attributes: { RawMessageDelivery: "true" } });
    await createFunction(product.lambda, "failing", `exports.handler = async () => { throw new Error("no"); };`, {
      DeadLetterConfig: { TargetArn: TopicArn },
    });
    await product.lambda.putFunctionEventInvokeConfig({
      FunctionName: "failing",
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: TopicArn } },
    });
    await product.lambda.invoke({ FunctionName: "failing", InvocationType: "Event", Payload: '{"n":1}' });
    const seen: Message[] = [];
    while (seen.length < 2) {
      const { Messages } = await sqs.receiveMessage({
        QueueUrl: inbox,
        WaitTimeSeconds: 10,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ["All"],
      });
      assert.ok(Messages, "nothing came");
      seen.push(...Messages);
    }
    const letter = seen.find(({ Body }) => Body === '{"n":1}');
    assert.equal(letter?.MessageAttributes?.ErrorMessage?.StringValue, "no");
    const record = JSON.parse(seen.find((message) => message !== letter)!.Body!) as { requestContext: { condition: string } };
    assert.equal(record.requestContext.condition, "RetriesExhausted");
  });

  test("a destination may be a function", async () => {
    const reports = await createReporter("teller");
    await createFunction(product.lambda, "first", `exports.handler = async () => "done";`);
    const destination = `arn:aws:lambda:us-east-1:${accountId}:function:teller`;
    await product.lambda.putFunctionEventInvokeConfig({
      FunctionName: "first",
      DestinationConfig: { OnSuccess: { Destination: destination } },
    });
    await product.lambda.invoke({ FunctionName: "first", InvocationType: "Event", Payload: "[1]" });
    const { event, trace } = await nextReport(reports);
    const record = event as unknown as { requestPayload: number[]; responsePayload: string };
    assert.deepEqual([record.requestPayload, record.responsePayload], [[1], "done"]);
    assert.match(trace, /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};.*Lineage=/);
  });

  test("a function that feeds its own queue is stopped after sixteen rounds", async () => {
    const queue = await createQueue("circle");
    const counted = await createQueue("circle-rounds");
    await createFunction(
      product.lambda,
      "circle",
      `const { SQS } = require("@aws-sdk/client-sqs");
       const sqs = new SQS({});
       exports.handler = async () => {
         await sqs.sendMessage({ QueueUrl: process.env.ROUNDS, MessageBody: "round" });
         await sqs.sendMessage({ QueueUrl: process.env.QUEUE, MessageBody: "again" });
       };`,
      { Role: roleArn, Environment: { Variables: { QUEUE: queue, ROUNDS: counted } } },
    );
    await map("circle", "circle");
    await sqs.sendMessage({ QueueUrl: queue, MessageBody: "go" });
    const rounds = async () =>
      Number((await sqs.getQueueAttributes({ QueueUrl: counted, AttributeNames: ["All"] })).Attributes!.ApproximateNumberOfMessages);
    await eventually(rounds, (count) => count >= 16, 60);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(await rounds(), 16);
  });
});
