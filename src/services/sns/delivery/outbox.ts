import { links } from "../links.ts";
import { bodyFor } from "../message.ts";
import type { SnsState } from "../state.ts";
import type { OutboxItem } from "../store/outbox.ts";
import type { Attempt } from "./deliver.ts";

/** Mails and text messages as they would have gone out. DIVERGES: nothing leaves the machine. */
export async function sendToOutbox(state: SnsState, { delivery, message, subscription, topic }: Attempt, document: string): Promise<void> {
  const { protocol, endpoint, accountId, region } = subscription;
  const kind = protocol as OutboxItem["kind"];
  const sender = topic.attributes.DisplayName ?? "AWS Notifications";
  const item: OutboxItem = {
    id: delivery.id,
    accountId,
    region,
    kind,
    destination: endpoint,
    subject: kind === "sms" ? undefined : (message.subject ?? subjects[message.type].replace("%", sender)),
    body: kind === "email-json" || kind === "application" ? document : letterOf(state, { delivery, message, subscription, topic }),
    messageId: message.id,
    sentMs: state.clock.now(),
  };
  await state.outbox.add(item);
}

const subjects = {
  Notification: "%: notification message",
  SubscriptionConfirmation: "%: subscription confirmation",
  UnsubscribeConfirmation: "%: unsubscribe confirmation",
};

function letterOf(state: SnsState, { message, subscription, topic }: Attempt): string {
  const text = bodyFor(message, subscription.protocol);
  const { DisplayName } = topic.attributes;
  // https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html: the display name leads a text message.
  if (subscription.protocol === "sms") return DisplayName === undefined ? text : `${DisplayName}> ${text}`;
  const link =
    message.token === undefined
      ? `To stop these messages: ${links.unsubscribe(state.endpoint(), subscription.arn)}`
      : `To confirm: ${links.confirm(state.endpoint(), topic.arn, message.token)}`;
  return `${text}\n\n--\n${link}\n`;
}
