/**
 * Errors of SQS as AWS answers them, in both of its protocols. Recorded from AWS in 2022–2024 by localstack
 * (tests/aws/services/sqs/*.snapshot.json), but for those that are marked.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accountId, type Product, startProduct } from "#test/product.ts";
import { sendSigned } from "#test/raw-requests.ts";

type Input = Readonly<Record<string, unknown>>;

interface Refusal {
  /** In JSON. */
  code: string;
  /** In `x-amzn-query-error` and in XML. */
  queryCode: string;
  status: number;
  message: string;
  /** In XML, if it is another. */
  queryMessage?: string;
}

const url = (name: string): string => `http://localhost/${accountId}/${name}`;
const arn = (name: string): string => `arn:aws:sqs:us-east-1:${accountId}:${name}`;
const standard = { QueueUrl: url("standard") };
const fifo = { QueueUrl: url("queue.fifo") };

const badParameter = (message: string): Refusal => ({
  code: "InvalidParameterValueException",
  queryCode: "InvalidParameterValue",
  status: 400,
  message,
});
const badValue = (value: unknown, name: string, reason: string): Refusal =>
  badParameter(`Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`);
const missing = (name: string): Refusal => ({
  code: "MissingRequiredParameterException",
  queryCode: "MissingParameter",
  status: 400,
  message: `The request must contain the parameter ${name}.`,
});
const plain = (code: string, message: string, status = 400): Refusal => ({ code, queryCode: code, status, message });
const prefixed = (code: string, message: string, status = 400): Refusal => ({
  ...plain(code, message, status),
  queryCode: `AWS.SimpleQueueService.${code}`,
});
const noQueue: Refusal = {
  code: "QueueDoesNotExist",
  queryCode: "AWS.SimpleQueueService.NonExistentQueue",
  status: 400,
  message: "The specified queue does not exist.",
  queryMessage: "The specified queue does not exist for this wsdl version.",
};
const exists = (attribute: string): Refusal => ({
  ...plain("QueueNameExists", `A queue already exists with the same name and a different value for attribute ${attribute}`),
  queryCode: "QueueAlreadyExists",
});
const badName = badParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
const noDeduplication = badParameter(
  "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
);
const badId = prefixed(
  "InvalidBatchEntryId",
  "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
);
const entries = (count: number, more: Input = {}): Input[] =>
  Array.from({ length: count }, (_, index) => ({ Id: String(index), MessageBody: "x", ...more }));
const redrive = (policy: unknown): Input => ({ ...standard, Attributes: { RedrivePolicy: JSON.stringify(policy) } });
const badRedrive = (policy: unknown, reason: string): Refusal => badValue(JSON.stringify(policy), "RedrivePolicy", reason);
const dummy = { deadLetterTargetArn: "dummy", maxReceiveCount: 42 };
const noSuchQueue = { deadLetterTargetArn: arn("nowhere"), maxReceiveCount: 1 };
const noCount = { deadLetterTargetArn: arn("standard") };
const badCount = { deadLetterTargetArn: arn("standard"), maxReceiveCount: 0 };

const rows: Array<[name: string, operation: string, input: Input, wanted: Refusal]> = [
  ["a queue that is not there, by name", "GetQueueUrl", { QueueName: "nowhere" }, noQueue],
  ["a queue that is not there, by URL", "ReceiveMessage", { QueueUrl: url("nowhere") }, noQueue],
  // Unchecked.
  [
    "a URL of no queue",
    "ReceiveMessage",
    { QueueUrl: "http://localhost/nowhere" },
    plain("InvalidAddress", "The address http://localhost/nowhere is not valid for this endpoint.", 404),
  ],
  // Unchecked.
  ["no name", "CreateQueue", {}, missing("QueueName")],
  ["a name with a blank", "CreateQueue", { QueueName: "a b" }, badName],
  ["a FIFO name without FifoQueue", "CreateQueue", { QueueName: "a.fifo" }, badName],
  [
    "FifoQueue without a FIFO name",
    "CreateQueue",
    { QueueName: "a", Attributes: { FifoQueue: "true" } },
    badParameter(
      "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.",
    ),
  ],
  [
    "FifoQueue that is false",
    "CreateQueue",
    { QueueName: "a", Attributes: { FifoQueue: "false" } },
    plain("InvalidAttributeName", "Unknown Attribute FifoQueue."),
  ],
  [
    "a queue that is there, with another attribute",
    "CreateQueue",
    { QueueName: "standard", Attributes: { DelaySeconds: "7" } },
    exists("DelaySeconds"),
  ],
  [
    "an unknown attribute",
    "SetQueueAttributes",
    { ...standard, Attributes: { Colour: "blue" } },
    plain("InvalidAttributeName", "Unknown Attribute Colour."),
  ],
  [
    "an unknown attribute to read",
    "GetQueueAttributes",
    { ...standard, AttributeNames: ["Colour"] },
    plain("InvalidAttributeName", "Unknown Attribute Colour."),
  ],
  [
    "an attribute of FIFO queues",
    "SetQueueAttributes",
    { ...standard, Attributes: { FifoQueue: "true" } },
    plain("InvalidAttributeName", "Unknown Attribute FifoQueue."),
  ],
  [
    "another type",
    "SetQueueAttributes",
    { ...fifo, Attributes: { FifoQueue: "false" } },
    plain("InvalidAttributeValue", "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."),
  ],
  [
    "a delay that is too long",
    "SetQueueAttributes",
    { ...standard, Attributes: { DelaySeconds: "901" } },
    plain("InvalidAttributeValue", "Invalid value for the parameter DelaySeconds."),
  ],
  [
    "a policy that is no JSON",
    "SetQueueAttributes",
    { ...standard, Attributes: { Policy: "x" } },
    plain("InvalidAttributeValue", "Invalid value for the parameter Policy."),
  ],
  [
    "two encryptions",
    "SetQueueAttributes",
    { ...standard, Attributes: { KmsMasterKeyId: "key", SqsManagedSseEnabled: "true" } },
    plain(
      "InvalidAttributeName",
      "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
    ),
  ],
  ["a dead letter queue that is no ARN", "SetQueueAttributes", redrive(dummy), badRedrive(dummy, "Invalid value for deadLetterTargetArn.")],
  [
    "a dead letter queue that is not there",
    "SetQueueAttributes",
    redrive(noSuchQueue),
    badRedrive(noSuchQueue, "Dead letter target does not exist."),
  ],
  [
    "a policy whose statement is none",
    "SetQueueAttributes",
    { ...standard, Attributes: { Policy: '{"Statement": [null]}' } },
    plain("InvalidAttributeValue", "Invalid value for the parameter Policy."),
  ],
  [
    "a redrive policy without count",
    "SetQueueAttributes",
    redrive(noCount),
    badRedrive(noCount, "Redrive policy does not contain mandatory attribute: maxReceiveCount."),
  ],
  [
    "a redrive policy with a count of 0",
    "SetQueueAttributes",
    redrive(badCount),
    badRedrive(badCount, "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive."),
  ],
  ["an empty message", "SendMessage", { ...standard, MessageBody: "" }, missing("MessageBody")],
  [
    "a message with a control character",
    "SendMessage",
    { ...standard, MessageBody: "\u0007" },
    plain(
      "InvalidMessageContents",
      "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
    ),
  ],
  [
    "a message that is too long",
    "SendMessage",
    { QueueUrl: url("small"), MessageBody: "x".repeat(1_025) },
    badParameter("One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."),
  ],
  [
    "an attribute without value",
    "SendMessage",
    { ...standard, MessageBody: "x", MessageAttributes: { ErrorDetails: { DataType: "String", StringValue: "" } } },
    badParameter("Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'."),
  ],
  [
    "a delay in a FIFO queue",
    "SendMessage",
    { ...fifo, MessageBody: "x", MessageGroupId: "g", MessageDeduplicationId: "d", DelaySeconds: 2 },
    badValue(2, "DelaySeconds", "The request include parameter that is not valid for this queue type."),
  ],
  ["no group", "SendMessage", { ...fifo, MessageBody: "x" }, missing("MessageGroupId")],
  ["no deduplication", "SendMessage", { ...fifo, MessageBody: "x", MessageGroupId: "g" }, noDeduplication],
  [
    "no group in a batch",
    "SendMessageBatch",
    { ...fifo, Entries: entries(1) },
    badParameter("The request must contain the parameter MessageGroupId."),
  ],
  ["no deduplication in a batch", "SendMessageBatch", { ...fifo, Entries: entries(1, { MessageGroupId: "g" }) }, noDeduplication],
  [
    "too many entries",
    "SendMessageBatch",
    { ...standard, Entries: entries(11) },
    prefixed("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent 11."),
  ],
  ["a bad entry id", "SendMessageBatch", { ...standard, Entries: entries(1, { Id: "invalid:id" }) }, badId],
  [
    "an entry id twice",
    "SendMessageBatch",
    { ...standard, Entries: entries(2, { Id: "same" }) },
    prefixed("BatchEntryIdsNotDistinct", "Id same repeated."),
  ],
  [
    "a batch that is too long",
    "SendMessageBatch",
    { ...standard, Entries: entries(2, { MessageBody: "x".repeat(524_289) }) },
    // The number was 262144 when it was recorded.
    prefixed("BatchRequestTooLong", "Batch requests cannot be longer than 1048576 bytes. You have sent 1048578 bytes."),
  ],
  [
    "too many messages",
    "ReceiveMessage",
    { ...standard, MaxNumberOfMessages: 11 },
    badValue(11, "MaxNumberOfMessages", "Must be between 1 and 10, if provided."),
  ],
  [
    "too long a wait",
    "ReceiveMessage",
    { ...standard, WaitTimeSeconds: 21 },
    badValue(21, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided."),
  ],
  [
    "no receipt handle",
    "DeleteMessage",
    { ...standard, ReceiptHandle: "garbage" },
    plain("ReceiptHandleIsInvalid", 'The input receipt handle "garbage" is not a valid receipt handle.', 404),
  ],
  ["a label that is not there", "RemovePermission", { ...standard, Label: "nothing" }, badValue("nothing", "Label", "can't find label.")],
  [
    "a source that is no dead letter queue",
    "StartMessageMoveTask",
    { SourceArn: arn("standard") },
    badParameter("Source queue must be configured as a Dead Letter Queue."),
  ],
  [
    "a source that is not there",
    "StartMessageMoveTask",
    { SourceArn: arn("nowhere") },
    plain("ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist.", 404),
  ],
  ["no task handle", "CancelMessageMoveTask", { TaskHandle: "garbage" }, badParameter("Value for parameter TaskHandle is invalid.")],
];

/** Names of lists and maps in forms. */
const flattened: Readonly<Record<string, { name: string; entry?: [key: string, value: string] }>> = {
  Attributes: { name: "Attribute", entry: ["Name", "Value"] },
  MessageAttributes: { name: "MessageAttribute", entry: ["Name", "Value"] },
  AttributeNames: { name: "AttributeName" },
};

/** The fields of a form. */
function fieldsOf(input: Input, operation: string, prefix = ""): Array<[string, string]> {
  return Object.entries(input).flatMap(([member, value]): Array<[string, string]> => {
    const { name, entry } =
      member === "Entries" ? { name: `${operation}RequestEntry`, entry: undefined } : (flattened[member] ?? { name: member });
    if (typeof value !== "object" || value === null) return [[`${prefix}${name}`, String(value)]];
    const items = entry
      ? Object.entries(value).map(([key, item]) => ({ [entry[0]]: key, [entry[1]]: item as unknown }))
      : (value as unknown[]);
    return items.flatMap((item, index) =>
      typeof item === "object"
        ? fieldsOf(deepen(item as Input), operation, `${prefix}${name}.${index + 1}.`)
        : [[`${prefix}${name}.${index + 1}`, item as string] as [string, string]],
    );
  });
}

/** `{ Value: { StringValue } }` → `{ "Value.StringValue" }`. */
const deepen = (item: Input): Input =>
  Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) =>
      typeof value === "object" && value !== null
        ? Object.entries(value).map(([inner, each]) => [`${name}.${inner}`, each as unknown])
        : [[name, value]],
    ),
  );

const unescape = (xml: string): string =>
  xml.replaceAll("&apos;", "'").replaceAll("&quot;", '"').replaceAll("&gt;", ">").replaceAll("&lt;", "<").replaceAll("&amp;", "&");

describe("SQS refuses", () => {
  let product: Product;

  before(async () => {
    product = await startProduct();
    await product.sqs.createQueue({ QueueName: "standard" });
    await product.sqs.createQueue({ QueueName: "small", Attributes: { MaximumMessageSize: "1024" } });
    await product.sqs.createQueue({ QueueName: "queue.fifo", Attributes: { FifoQueue: "true" } });
  });
  after(() => product[Symbol.asyncDispose]());

  const json = (operation: string, input: Input) =>
    sendSigned(product.endpoint, {
      method: "POST",
      service: "sqs",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${operation}` },
      body: JSON.stringify(input),
    });
  const form = (operation: string, input: Input) =>
    sendSigned(product.endpoint, {
      method: "POST",
      service: "sqs",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams([["Action", operation], ["Version", "2012-11-05"], ...fieldsOf(input, operation)]).toString(),
    });

  for (const [name, operation, input, { code, queryCode, status, message, queryMessage = message }] of rows) {
    test(name, async () => {
      const inJson = await json(operation, input);
      const { __type, message: text } = JSON.parse(inJson.text) as Record<string, string>;
      assert.deepEqual(
        { status: inJson.status, code: __type, queryError: inJson.headers["x-amzn-query-error"], message: text },
        { status, code, queryError: `${queryCode};Sender`, message },
      );
      const inXml = await form(operation, input);
      const [, xmlCode, xmlText] = /<Type>Sender<\/Type><Code>(.*)<\/Code><Message>(.*)<\/Message>/s.exec(inXml.text) ?? [];
      assert.deepEqual(
        { status: inXml.status, code: xmlCode, message: unescape(xmlText ?? inXml.text) },
        { status, code: queryCode, message: queryMessage },
      );
    });
  }

  test("a queue's name for sixty seconds after its deletion", async () => {
    const { QueueUrl } = await product.sqs.createQueue({ QueueName: "deleted" });
    await product.sqs.deleteQueue({ QueueUrl });
    const wanted = prefixed(
      "QueueDeletedRecently",
      "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
    );
    const { text, headers } = await json("CreateQueue", { QueueName: "deleted" });
    assert.equal((JSON.parse(text) as { message: string }).message, wanted.message);
    assert.equal(headers["x-amzn-query-error"], `${wanted.queryCode};Sender`);
  });

  test("entries of a batch one by one", async () => {
    const QueueUrl = url("standard");
    await product.sqs.sendMessage({ QueueUrl, MessageBody: "x" });
    const { Messages } = await product.sqs.receiveMessage({ QueueUrl });
    const { ReceiptHandle } = Messages![0]!;
    const { $metadata, ...answer } = await product.sqs.deleteMessageBatch({
      QueueUrl,
      Entries: [
        { Id: "good", ReceiptHandle },
        { Id: "bad", ReceiptHandle: "garbage" },
      ],
    });
    assert.deepEqual(answer, {
      Successful: [{ Id: "good" }],
      Failed: [
        {
          Id: "bad",
          SenderFault: true,
          Code: "ReceiptHandleIsInvalid",
          Message: 'The input receipt handle "garbage" is not a valid receipt handle.',
        },
      ],
    });
    assert.equal($metadata.httpStatusCode, 200);
  });
});
