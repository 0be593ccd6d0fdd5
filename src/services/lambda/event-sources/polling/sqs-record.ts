import type { Message, MessageAttributeValue } from "@aws-sdk/client-sqs";
import type { SourceRecord } from "./source.ts";

export interface SqsRecord extends SourceRecord {
  receiptHandle: string;
}

/** A message as functions get it: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
export function sqsRecord(message: Message, queueArn: string, region: string): SqsRecord {
  const { MessageId: messageId = "", ReceiptHandle: receiptHandle = "", Body: body = "", Attributes: attributes = {} } = message;
  const record = {
    messageId,
    receiptHandle,
    body,
    attributes,
    messageAttributes: Object.fromEntries(Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, attribute(value)])),
    ...(message.MD5OfMessageAttributes !== undefined && { md5OfMessageAttributes: message.MD5OfMessageAttributes }),
    md5OfBody: message.MD5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN: queueArn,
    awsRegion: region,
  };
  const traceHeader = attributes.AWSTraceHeader;
  return {
    id: messageId,
    receiptHandle,
    json: JSON.stringify(record),
    get filtered() {
      return { ...record, body: bodyForFilters(body) };
    },
    ...(traceHeader !== undefined && { traceHeader }),
  };
}

const attribute = ({ StringValue, BinaryValue, DataType }: MessageAttributeValue) => ({
  ...(StringValue !== undefined && { stringValue: StringValue }),
  ...(BinaryValue !== undefined && { binaryValue: Buffer.from(BinaryValue).toString("base64") }),
  stringListValues: [],
  binaryListValues: [],
  dataType: DataType,
});

/**
 * A JSON object is looked into, every other body is a string. A pattern for the one never fits the other: "Lambda drops the message".
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
 */
function bodyForFilters(body: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" && parsed !== null ? parsed : body;
  } catch {
    return body;
  }
}
