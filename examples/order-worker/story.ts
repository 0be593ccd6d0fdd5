/**
 * A worker on a queue: orders come in batches, those that fail come again by themselves, and those that always fail end in a dead letter
 * queue. README.md has the same as commands. Against a running Pilotlight, with the variables of the README set:
 *
 *     node examples/order-worker/story.ts arn:aws:iam::000000000000:role/orders
 */
import { join } from "node:path";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { SQS } from "@aws-sdk/client-sqs";
import { zipFolder } from "../zip-folder.ts";

interface Scene {
  lambda: Lambda;
  sqs: SQS;
  roleArn: string;
}

export interface Ending {
  shipped: string[];
  dead: string[];
}

export const orders = [
  { id: "chair-4", item: "chair", quantity: 4 },
  { id: "desk-1", item: "desk", quantity: 1 },
  { id: "rare-1", item: "rare", quantity: 1 },
  { id: "lamp-0", item: "lamp", quantity: 0 },
];

/** How long the worker may take, and how soon an order that failed comes again. */
const seconds = 2;
const attempts = 3;

/** Plays the story and resolves when every order is shipped or given up. */
export async function playOrders({ lambda, sqs, roleArn }: Scene): Promise<Ending> {
  const dead = await createQueue(sqs, "orders-dead");
  const shipments = await createQueue(sqs, "orders-shipped");
  const queue = await createQueue(sqs, "orders", {
    VisibilityTimeout: String(seconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: attempts }),
  });
  await lambda.createFunction({
    FunctionName: "order-worker",
    Runtime: "nodejs26.x",
    Handler: "index.handler",
    Role: roleArn,
    Code: { ZipFile: await zipFolder(join(import.meta.dirname, "worker")) },
    Timeout: seconds,
    Environment: { Variables: { SHIPMENTS: shipments.url } },
  });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.5 }, { FunctionName: "order-worker" });
  await lambda.createEventSourceMapping({
    FunctionName: "order-worker",
    EventSourceArn: queue.arn,
    FunctionResponseTypes: ["ReportBatchItemFailures"],
  });
  await sqs.sendMessageBatch({
    QueueUrl: queue.url,
    Entries: orders.map((order) => ({ Id: order.id, MessageBody: JSON.stringify(order) })),
  });
  const shipped = await take(sqs, shipments.url, 3);
  const given = await take(sqs, dead.url, 1);
  return { shipped: shipped.toSorted(), dead: given.map((body) => (JSON.parse(body) as { id: string }).id) };
}

async function createQueue(sqs: SQS, QueueName: string, Attributes: Record<string, string> = {}): Promise<{ url: string; arn: string }> {
  const { QueueUrl } = await sqs.createQueue({ QueueName, Attributes });
  const attributes = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["QueueArn"] });
  return { url: QueueUrl!, arn: attributes.Attributes!.QueueArn! };
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
  if (roleArn === undefined) throw new Error("which role shall the function have? its ARN is the first argument");
  const { shipped, dead } = await playOrders({ lambda: new Lambda({}), sqs: new SQS({}), roleArn });
  console.log(`shipped: ${shipped.join(", ")}\ngiven up after ${attempts} attempts: ${dead.join(", ")}`);
}
