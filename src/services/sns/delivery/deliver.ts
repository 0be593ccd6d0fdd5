/** One attempt to bring a message to a subscriber. Rejects when it failed; `failureOf` says what that means. */
import { servicePrincipal } from "#wire/principal.ts";
import { endpointArn } from "../arns.ts";
import { effectiveHttpPolicy } from "../delivery-policy.ts";
import { bodyFor, type Message } from "../message.ts";
import { documentOf, functionEvent, type Rendering, writeDocument } from "../notification.ts";
import type { SnsState } from "../state.ts";
import type { Delivery } from "../store/deliveries.ts";
import { isRaw, type Subscription } from "../subscription.ts";
import type { Topic } from "../topic.ts";
import { DeliveryFailure } from "./outcome.ts";
import { sendToOutbox } from "./outbox.ts";
import { principalName, sendToQueue } from "./queue.ts";

export interface Attempt {
  delivery: Delivery;
  message: Message;
  subscription: Subscription;
  topic: Topic;
}

export async function deliver(state: SnsState, attempt: Attempt): Promise<void> {
  const { message, subscription } = attempt;
  switch (subscription.protocol) {
    case "sqs":
      return sendToQueue(state, subscription.endpoint, message, subscription, await bodyOf(state, attempt));
    case "lambda":
      return invokeFunction(state, attempt);
    case "http":
    case "https":
      return postTo(state, attempt);
    case "email":
    case "email-json":
    case "sms":
      return sendToOutbox(state, attempt, await bodyOf(state, attempt));
    case "application":
      // DIVERGES: no push service is asked; the message waits in the outbox.
      return sendToOutbox(state, attempt, bodyFor(message, "application"));
    case "firehose":
      throw new DeliveryFailure("Pilotlight does not serve Firehose yet", true);
  }
}

/** What a subscriber gets as its body: the bare message, or the whole document. */
export async function bodyOf(state: SnsState, { message, subscription, topic }: Attempt): Promise<string> {
  if (isRaw(subscription) && message.type === "Notification") return bodyFor(message, subscription.protocol);
  return writeDocument(await documentOf(message, subscription, renderingOf(state, topic)));
}

const renderingOf = (state: SnsState, topic: Topic): Rendering => ({
  signer: state.signer,
  endpoint: state.endpoint(),
  certificateOrigin: state.certificateOrigin(),
  signatureVersion: topic.attributes.SignatureVersion === "2" ? "2" : "1",
});

async function invokeFunction(state: SnsState, { message, subscription, topic }: Attempt): Promise<void> {
  const event = await functionEvent(message, subscription, renderingOf(state, topic));
  const { region, accountId } = endpointArn(subscription.endpoint, "lambda")!;
  await state.lambda.invoke(
    { FunctionName: subscription.endpoint, InvocationType: "Event", Payload: Buffer.from(JSON.stringify(event)) },
    { as: servicePrincipal(principalName, accountId, topic.arn), region, traceHeader: message.traceHeader },
  );
}

/** https://docs.aws.amazon.com/sns/latest/dg/http-header.html */
async function postTo(state: SnsState, attempt: Attempt): Promise<void> {
  const { message, subscription, topic } = attempt;
  const { contentType } = effectiveHttpPolicy(topic.attributes.DeliveryPolicy, subscription.attributes.DeliveryPolicy);
  await state.poster.post({
    url: subscription.endpoint,
    mayBePrivate: subscription.mayBePrivate,
    body: await bodyOf(state, attempt),
    contentType,
    marks: {
      "message-type": message.type,
      "message-id": message.id,
      "topic-arn": message.topicArn,
      ...(message.type !== "SubscriptionConfirmation" && { "subscription-arn": subscription.arn }),
      ...(isRaw(subscription) && message.type === "Notification" && { rawdelivery: "true" }),
    },
  });
}
