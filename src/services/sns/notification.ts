/** Messages as subscribers get them: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
import { links, certificatePath } from "./links.ts";
import { bodyFor, type Message, type MessageAttribute } from "./message.ts";
import { type MessageSigner, type SignatureVersion, textToSign } from "./signing.ts";
import type { Subscription } from "./subscription.ts";

export interface Rendering {
  signer: MessageSigner;
  endpoint: string;
  certificateOrigin: string;
  signatureVersion: SignatureVersion;
}

/** The document's members in AWS's order. Messages of FIFO topics bear no signature. */
export async function documentOf(message: Message, subscription: Subscription, rendering: Rendering): Promise<Record<string, unknown>> {
  const isNotification = message.type === "Notification";
  const unsigned: Record<string, unknown> = {
    Type: message.type,
    MessageId: message.id,
    ...(message.sequenceNumber !== undefined && { SequenceNumber: message.sequenceNumber }),
    ...(message.token !== undefined && { Token: message.token }),
    TopicArn: message.topicArn,
    ...(message.subject !== undefined && { Subject: message.subject }),
    Message: bodyFor(message, subscription.protocol),
    ...(message.token !== undefined && { SubscribeURL: links.confirm(rendering.endpoint, message.topicArn, message.token) }),
    Timestamp: new Date(message.publishedMs).toISOString(),
    ...(message.isReplayed && { Replayed: "true" }),
  };
  const signature =
    message.sequenceNumber === undefined
      ? {
          SignatureVersion: rendering.signatureVersion,
          Signature: await rendering.signer.sign(textToSign(unsigned), rendering.signatureVersion),
          SigningCertURL: `${rendering.certificateOrigin}${certificatePath}${await rendering.signer.fileName()}`,
        }
      : {};
  return {
    ...unsigned,
    ...signature,
    ...(isNotification && { UnsubscribeURL: links.unsubscribe(rendering.endpoint, subscription.arn) }),
    ...(message.attributes.length > 0 && { MessageAttributes: shownMessageAttributes(message.attributes) }),
  };
}

export const shownMessageAttributes = (attributes: readonly MessageAttribute[]): Record<string, { Type: string; Value: string }> =>
  Object.fromEntries(attributes.map(({ name, type, value }) => [name, { Type: type, Value: value }]));

/** AWS's spacing, which some subscribers took for granted. */
export function writeDocument(document: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(document).map(([name, value]) => {
    if (name !== "MessageAttributes") return `  ${JSON.stringify(name)} : ${JSON.stringify(value)}`;
    const attributes = Object.entries(value as object).map(
      ([key, attribute]) => `    ${JSON.stringify(key)} : ${JSON.stringify(attribute)}`,
    );
    return `  "MessageAttributes" : {\n${attributes.join(",\n")}\n  }`;
  });
  return `{\n${lines.join(",\n")}\n}`;
}

/**
 * The event for a function. Its signature is of version 1 whatever the topic's, as recorded from AWS.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
 */
export async function functionEvent(message: Message, subscription: Subscription, rendering: Rendering): Promise<object> {
  const document = await documentOf(message, subscription, { ...rendering, signatureVersion: "1" });
  return {
    Records: [
      {
        EventSource: "aws:sns",
        EventVersion: "1.0",
        EventSubscriptionArn: subscription.arn,
        Sns: {
          Type: document.Type,
          MessageId: document.MessageId,
          TopicArn: document.TopicArn,
          Subject: document.Subject ?? null,
          Message: document.Message,
          Timestamp: document.Timestamp,
          SignatureVersion: document.SignatureVersion,
          Signature: document.Signature,
          SigningCertUrl: document.SigningCertURL,
          UnsubscribeUrl: document.UnsubscribeURL,
          MessageAttributes: document.MessageAttributes ?? {},
        },
      },
    ],
  };
}
