/**
 * Amazon SQS: standard and FIFO queues. Messages are rows in SQL; a queue that is used has beside them an index in memory (live-queue.ts) of
 * those that may be received next, that are in flight or that are delayed, read in from disk by pages, so that neither a receive nor a
 * queue of millions means a scan. What was accepted is on disk before the answer; what the index knows can always be read from disk again.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html
 */
import { service } from "#wire/service.ts";
import { missingParameter } from "./errors.ts";

export const sqs = service({
  name: "sqs",
  folder: import.meta.dirname,
  model: {
    sdk: () => import("@aws-sdk/client-sqs"),
    signingName: "sqs",
    protocols: ["awsJson1_0", "awsQuery"],
    apiVersion: "2012-11-05",
    namespace: "com.amazonaws.sqs",
    targetPrefix: "AmazonSQS",
    xmlNamespace: "http://queue.amazonaws.com/doc/2012-11-05/",
    pathMember: "QueueUrl",
    queryMessages: { QueueDoesNotExist: "The specified queue does not exist for this wsdl version." },
    validationErrorCode: "InvalidParameterValueException",
    missingMember: missingParameter,
  },
  open: async () => (await import("./state.ts")).openSqs,
  loops: [async () => (await import("./loops/sweeping.ts")).sweeping, async () => (await import("./loops/moving.ts")).moving],
});
