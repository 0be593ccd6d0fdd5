/** Messages to a phone or a device, past all topics. DIVERGES: they wait in the outbox; nothing leaves the machine. */
import type { PublishInput, PublishResponse } from "@aws-sdk/client-sns";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "./errors.ts";
import { bodyFor, checkSize, readContent } from "./message.ts";
import type { SnsContext } from "./state.ts";
import type { OutboxItem } from "./store/outbox.ts";

export async function publishToPhone(context: SnsContext, number: string, input: PublishInput): Promise<PublishResponse> {
  if (!/^\+?[0-9]{3,15}$/.test(number)) throw invalidParameter(`PhoneNumber Reason: ${number} is not valid to publish to`);
  const optedOut = await context.state.mobile.phones(context, "opted-out");
  if (optedOut.some((phone) => phone.number === number)) throw invalidParameter(`PhoneNumber Reason: ${number} is opted out`);
  return send(context, "sms", number, input);
}

export async function publishToDevice(context: SnsContext, arn: string, input: PublishInput): Promise<PublishResponse> {
  const endpoint = await context.state.mobile.find(arn);
  if (endpoint?.accountId !== context.accountId || endpoint.applicationArn === undefined)
    throw invalidParameter("TargetArn Reason: No endpoint found for the target arn specified");
  if (endpoint.attributes.Enabled === "false") throw new AwsError("EndpointDisabledException", "Endpoint is disabled");
  return send(context, "application", arn, input);
}

async function send(
  { state, accountId, region }: SnsContext,
  kind: OutboxItem["kind"],
  destination: string,
  input: PublishInput,
): Promise<PublishResponse> {
  const content = readContent(input);
  checkSize(content.sizeBytes);
  const messageId = state.ids.uuid();
  const { subject } = content;
  const body = bodyFor(content, kind);
  await state.outbox.add({ id: messageId, accountId, region, kind, destination, subject, body, messageId, sentMs: state.clock.now() });
  return { MessageId: messageId };
}
