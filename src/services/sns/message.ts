/** What may be published: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
import { createHash } from "node:crypto";
import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "./errors.ts";
import { messageBytes, subjectCharacters } from "./limits.ts";

export interface MessageAttribute {
  name: string;
  /** `String`, `Number`, `Binary`, `String.Array`, or one of the first three with a label of the publisher's. */
  type: string;
  /** Base64 for binary ones. */
  value: string;
}

/** A message as it is kept until everybody has it. */
export interface Message {
  id: string;
  topicArn: string;
  type: "Notification" | "SubscriptionConfirmation" | "UnsubscribeConfirmation";
  publishedMs: number;
  subject?: string;
  /** By protocol where the publisher says so, with `default` for the others. */
  bodies: Readonly<Record<string, string>>;
  attributes: readonly MessageAttribute[];
  groupId?: string;
  deduplicationId?: string;
  /** Of messages on FIFO topics. */
  sequenceNumber?: string;
  /** Of confirmations. */
  token?: string;
  traceHeader?: string;
  /** Taken from the topic's archive. */
  isReplayed?: boolean;
}

export const bodyFor = ({ bodies }: Pick<Message, "bodies">, protocol: string): string => bodies[protocol] ?? bodies.default!;

export interface PublishedContent {
  Message?: string | undefined;
  Subject?: string | undefined;
  MessageStructure?: string | undefined;
  MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
}

/** Checks a message but for what depends on the topic. Throws AWS's errors. */
export function readContent(input: PublishedContent): Pick<Message, "bodies" | "attributes" | "subject"> & { sizeBytes: number } {
  const text = input.Message ?? "";
  if (text === "") throw invalidParameter("Empty message");
  const attributes = readAttributes(input.MessageAttributes ?? {});
  const sizeBytes = Buffer.byteLength(text) + attributes.reduce((sum, attribute) => sum + attributeBytes(attribute), 0);
  if (input.Subject !== undefined) checkSubject(input.Subject);
  const bodies = readBodies(text, input.MessageStructure);
  return { bodies, attributes, sizeBytes, ...(input.Subject !== undefined && { subject: input.Subject }) };
}

export function checkSize(sizeBytes: number): void {
  if (sizeBytes > messageBytes) throw invalidParameter("Message too long");
}

/** Printable, beginning with neither space nor control character, of one line. */
function checkSubject(subject: string): void {
  // oxlint-disable-next-line no-control-regex
  if (subject === "" || subject.length > subjectCharacters || /[\u0000-\u001f\u007f]/.test(subject)) throw invalidParameter("Subject");
}

function readBodies(text: string, structure: string | undefined): Record<string, string> {
  if (structure === undefined || structure === "") return { default: text };
  if (structure !== "json") throw invalidParameter(`Message Structure - Invalid message structure ${structure}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalidParameter("Message Structure - JSON message body failed to parse");
  }
  const bodies = Object.entries(typeof parsed === "object" && parsed !== null ? parsed : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  if (!bodies.some(([protocol]) => protocol === "default"))
    throw invalidParameter("Message Structure - No default entry in JSON message body");
  return Object.fromEntries(bodies);
}

const badAttribute = (message: string): AwsError => new AwsError("InvalidParameterValueException", message);

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html */
export function readAttributes(attributes: Record<string, MessageAttributeValue>): MessageAttribute[] {
  return Object.entries(attributes).map(([name, attribute]) => {
    checkAttributeName(name);
    return { name, type: attribute.DataType!, value: attributeValue(name, attribute) };
  });
}

function checkAttributeName(name: string): void {
  if (Buffer.byteLength(name) > 256) throw badAttribute("Length of message attribute name must be less than 256 bytes.");
  const strange = /[^\w.-]/.exec(name)?.[0];
  if (strange !== undefined) {
    const code = strange.charCodeAt(0).toString(16).toUpperCase();
    throw badAttribute(
      `Invalid non-alphanumeric character '#x${code}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.`,
    );
  }
  if (name.startsWith(".")) throw badAttribute("Invalid message attribute name starting with character '.' was found.");
  if (name.endsWith(".")) throw badAttribute("Invalid message attribute name ending with character '.' was found.");
  if (name.includes("..")) throw badAttribute("Message attribute name can not have successive '.' character.");
}

function attributeValue(name: string, { DataType, StringValue, BinaryValue }: MessageAttributeValue): string {
  const type = DataType!;
  if (!/^(?:String|Number|Binary)(?:\.[^.].*)?$/.test(type)) {
    throw badAttribute(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  const field = type.startsWith("Binary") ? "Binary" : "String";
  const [right, wrong] = field === "Binary" ? [BinaryValue, StringValue] : [StringValue, BinaryValue];
  if (right === undefined && wrong !== undefined)
    throw badAttribute(`The message attribute '${name}' with type '${type}' must use field '${field}'.`);
  if (right === undefined || right.length === 0)
    throw badAttribute(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    );
  if (typeof right !== "string") return Buffer.from(right).toString("base64");
  if (type.startsWith("Number") && !isNumber(right)) throw badAttribute(`Could not cast message attribute '${name}' value to number.`);
  return right;
}

/** What a queue takes as a number, too: https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html */
const isNumber = (text: string): boolean => /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(text.trim());

const attributeBytes = ({ name, type, value }: MessageAttribute): number =>
  Buffer.byteLength(name) +
  Buffer.byteLength(type) +
  (type.startsWith("Binary") ? Buffer.byteLength(value, "base64") : Buffer.byteLength(value));

/** Of topics that deduplicate by content. */
export const contentDigest = (text: string): string => createHash("sha256").update(text).digest("hex");
