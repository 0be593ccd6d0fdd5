/**
 * One topic, several readers: each has a queue of its own and a function that reads it, and sees only what its filter lets through. README.md
 * has the same as commands. Against a running Pilotlight, with the variables of the README set:
 *
 *     node examples/fan-out/story.ts arn:aws:iam::000000000000:role/orders
 */
import { join } from "node:path";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { zipFolder } from "../zip-folder.ts";

interface Scene {
  lambda: Lambda;
  sns: SNS;
  sqs: SQS;
  roleArn: string;
}

/** Everybody wants to be paid; only what is sent by express is packed at once. */
const readers = [
  { name: "billing", filter: undefined },
  { name: "express-packing", filter: { delivery: ["express"] } },
];
const orders = [
  { id: "order-1", delivery: "express" },
  { id: "order-2", delivery: "normal" },
];

/** Plays the story and resolves with who has seen which order: `billing order-1`. */
export async function playFanOut({ lambda, sns, sqs, roleArn }: Scene): Promise<string[]> {
  const { TopicArn } = await sns.createTopic({ Name: "orders-placed" });
  const { QueueUrl: seenUrl } = await sqs.createQueue({ QueueName: "orders-seen" });
  const zip = await zipFolder(join(import.meta.dirname, "reader"));
  for (const { name, filter } of readers) {
    const queueArn = await createQueue(sqs, name, TopicArn!);
    await sns.subscribe({
      TopicArn,
      Protocol: "sqs",
      Endpoint: queueArn,
      ...(filter && { Attributes: { FilterPolicy: JSON.stringify(filter) } }),
    });
    await lambda.createFunction({
      FunctionName: name,
      Runtime: "nodejs26.x",
      Handler: "index.handler",
      Role: roleArn,
      Code: { ZipFile: zip },
      Environment: { Variables: { READER: name, SEEN: seenUrl! } },
    });
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.5 }, { FunctionName: name });
    await lambda.createEventSourceMapping({ FunctionName: name, EventSourceArn: queueArn });
  }
  for (const { id, delivery } of orders) {
    const MessageAttributes = { delivery: { DataType: "String", StringValue: delivery } };
    await sns.publish({ TopicArn, Message: JSON.stringify({ id }), MessageAttributes });
  }
  return (await take(sqs, seenUrl!, 3)).toSorted();
}

/** A queue into which the topic may write. */
async function createQueue(sqs: SQS, QueueName: string, topicArn: string): Promise<string> {
  const { QueueUrl } = await sqs.createQueue({ QueueName });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["QueueArn"] });
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "sns.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: Attributes!.QueueArn,
        Condition: { ArnEquals: { "aws:SourceArn": topicArn } },
      },
    ],
  });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  return Attributes!.QueueArn!;
}

/** Waits for so many messages, for a minute at most. */
async function take(sqs: SQS, QueueUrl: string, count: number): Promise<string[]> {
  const bodies: string[] = [];
  for (let look = 0; bodies.length < count && look < 12; look++) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 });
    for (const { Body, ReceiptHandle } of Messages) {
      bodies.push(Body!);
      await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    }
  }
  return bodies;
}

if (import.meta.main) {
  const [roleArn] = process.argv.slice(2);
  if (roleArn === undefined) throw new Error("which role shall the functions have? its ARN is the first argument");
  const seen = await playFanOut({ lambda: new Lambda({}), sns: new SNS({}), sqs: new SQS({}), roleArn });
  console.log(seen.join("\n"));
}
