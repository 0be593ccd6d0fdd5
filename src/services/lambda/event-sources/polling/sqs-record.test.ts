import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Message } from "@aws-sdk/client-sqs";
import { compileFilters } from "./filters.ts";
import { sqsRecord } from "./sqs-record.ts";

const queueArn = "arn:aws:sqs:us-east-2:123456789012:orders";
const message: Message = {
  MessageId: "059f36b4-87a3-44ab-83d2-661975830a7d",
  ReceiptHandle: "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
  Body: "Test message.",
  MD5OfBody: "e4e68fb7bd0e697a0ae8f1bb342846b3",
  Attributes: { ApproximateReceiveCount: "1", SentTimestamp: "1545082649183" },
};
const recordOf = (changes: Partial<Message>) => sqsRecord({ ...message, ...changes }, queueArn, "us-east-2");

describe("a message of SQS", () => {
  test("looks to the function as on AWS", () => {
    assert.equal(
      recordOf({}).json,
      '{"messageId":"059f36b4-87a3-44ab-83d2-661975830a7d","receiptHandle":"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a","body":"Test message.",' +
        '"attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1545082649183"},"messageAttributes":{},' +
        '"md5OfBody":"e4e68fb7bd0e697a0ae8f1bb342846b3","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-2:123456789012:orders",' +
        '"awsRegion":"us-east-2"}',
    );
  });

  test("brings its attributes, binary ones in base64", () => {
    const { messageAttributes, md5OfMessageAttributes } = JSON.parse(
      recordOf({
        MessageAttributes: {
          city: { DataType: "String", StringValue: "Bern" },
          seal: { DataType: "Binary.png", BinaryValue: Buffer.from([1, 2, 3]) },
        },
        MD5OfMessageAttributes: "d25a6aea97eb8f585bfa92d314504a92",
      }).json,
    );
    assert.deepEqual(messageAttributes, {
      city: { stringValue: "Bern", stringListValues: [], binaryListValues: [], dataType: "String" },
      seal: { binaryValue: "AQID", stringListValues: [], binaryListValues: [], dataType: "Binary.png" },
    });
    assert.equal(md5OfMessageAttributes, "d25a6aea97eb8f585bfa92d314504a92");
  });

  test("passes filters on its body, as JSON if it is an object, else as a string", () => {
    const passes = (pattern: object, Body: string): boolean =>
      compileFilters({ FilterCriteria: { Filters: [{ Pattern: JSON.stringify(pattern) }] } })(recordOf({ Body }));
    assert.ok(passes({ body: { city: ["Bern"] } }, '{"city":"Bern","n":1}'));
    assert.ok(!passes({ body: { city: ["Bern"] } }, '{"city":"Basel"}'));
    assert.ok(passes({ body: ["Bern"] }, "Bern"));
    assert.ok(passes({ body: [{ prefix: "Be" }] }, "Bern"));
    assert.ok(!passes({ body: { city: ["Bern"] } }, "Bern"), "a pattern for JSON drops a string");
    assert.ok(!passes({ body: [{ prefix: "{" }] }, '{"city":"Bern"}'), "a pattern for a string drops JSON");
  });

  test("passes one of several filters, and always when there is none", () => {
    const Filters = ["1", "2"].map((n) => ({ Pattern: JSON.stringify({ body: [n] }) }));
    const isWanted = compileFilters({ FilterCriteria: { Filters } });
    assert.deepEqual(
      ["1", "2", "3"].map((Body) => isWanted(recordOf({ Body }))),
      [true, true, false],
    );
    assert.ok(compileFilters({ FilterCriteria: {} })(recordOf({})));
    assert.ok(compileFilters({})(recordOf({})));
  });
});
