import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type SourceKind, sourceKindOf } from "./source.ts";

const kinds: ReadonlyArray<[arn: string, kind: SourceKind | undefined]> = [
  ["arn:aws:sqs:eu-central-1:123456789012:orders", "sqs"],
  ["arn:aws-cn:sqs:cn-north-1:123456789012:orders", "sqs"],
  ["arn:aws:sqs:eu-central-1:123456789012:orders.fifo", "sqs-fifo"],
  ["arn:aws:kinesis:eu-central-1:123456789012:stream/clicks", "kinesis"],
  ["arn:aws:kinesis:eu-central-1:123456789012:stream/clicks/consumer/reader:1525898737", "kinesis"],
  ["arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000", "dynamodb"],
  ["arn:aws:kafka:eu-central-1:123456789012:cluster/events/6cc0432b-8618-4f44-bccc-e1fbd8fb7c4d-2", "msk"],
  ["arn:aws:kafka:eu-central-1:123456789012:vpc-connection/123456789012/events/6cc0432b-8618-4f44-bccc-e1fbd8fb7c4d-2", "msk"],
  ["arn:aws:mq:eu-central-1:123456789012:broker:Orders:b-b4d492ef", "mq"],
  ["arn:aws:rds:eu-central-1:123456789012:cluster:documents", "documentdb"],
  ["arn:aws:kinesis:eu-central-1:123456789012:stream/clicks/consumer/reader", undefined],
  ["arn:aws:dynamodb:eu-central-1:123456789012:table/orders", undefined],
  ["arn:aws:rds:eu-central-1:123456789012:db:documents", undefined],
  ["arn:aws:sns:eu-central-1:123456789012:orders", undefined],
  ["arn:aws:s3:::orders", undefined],
];

describe("the kind of an event source", () => {
  for (const [arn, kind] of kinds) {
    test(arn, () => {
      const read = (): SourceKind => sourceKindOf({ FunctionName: "f", EventSourceArn: arn });
      if (kind) assert.equal(read(), kind);
      else assert.throws(read, { message: "Unrecognized event source." });
    });
  }
});
