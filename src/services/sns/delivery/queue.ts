import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import { servicePrincipal } from "#wire/principal.ts";
import { endpointArn } from "../arns.ts";
import type { Message, MessageAttribute } from "../message.ts";
import { attributesOfQueueMessage } from "../limits.ts";
import type { SnsState } from "../state.ts";
import { isRaw, type Subscription } from "../subscription.ts";
import { DeliveryFailure } from "./outcome.ts";

export const principalName = "sns.amazonaws.com";

/** Sends to a subscribed queue, or to the dead letter queue of a subscription. */
export async function sendToQueue(
  { sqs }: Pick<SnsState, "sqs">,
  queueArn: string,
  message: Message,
  subscription: Subscription,
  body: string,
): Promise<void> {
  const queue = endpointArn(queueArn, "sqs");
  if (queue === undefined) throw new DeliveryFailure(`${queueArn} is no queue`, true);
  const as = servicePrincipal(principalName, queue.accountId, message.topicArn);
  const options = { as, region: queue.region, traceHeader: message.traceHeader };
  const { QueueUrl } = await sqs.getQueueUrl({ QueueName: queue.resource, QueueOwnerAWSAccountId: queue.accountId }, options);
  const isFifoQueue = queue.resource.endsWith(".fifo");
  // A standard queue behind a FIFO topic gets no group; behind a standard topic it gets the publisher's.
  const hasGroup = message.groupId !== undefined && (isFifoQueue || message.sequenceNumber === undefined);
  const attributes = attributesOf(message);
  await sqs.sendMessage(
    {
      QueueUrl,
      MessageBody: body,
      ...(isRaw(subscription) && attributes.length > 0 && { MessageAttributes: queueAttributes(attributes) }),
      ...(hasGroup && { MessageGroupId: message.groupId }),
      ...(isFifoQueue && message.deduplicationId !== undefined && { MessageDeduplicationId: message.deduplicationId }),
    },
    options,
  );
}

/** DIVERGES: it is not known how AWS marks a replayed message that goes out raw. A queue takes no eleventh attribute. */
const attributesOf = ({ attributes, isReplayed }: Message): readonly MessageAttribute[] =>
  isReplayed && attributes.length < attributesOfQueueMessage
    ? [...attributes, { name: "Replayed", type: "String", value: "true" }]
    : attributes;

const queueAttributes = (attributes: readonly MessageAttribute[]): Record<string, MessageAttributeValue> =>
  Object.fromEntries(
    attributes.map(({ name, type, value }) => [
      name,
      type.startsWith("Binary") ? { DataType: type, BinaryValue: Buffer.from(value, "base64") } : { DataType: type, StringValue: value },
    ]),
  );
