/**
 * Attributes of messages: what is refused, what they weigh, and their digest, which SDKs compute as well and compare.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
import { hash } from "node:crypto";
import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "./errors.ts";
import { maxAttributeNameLength, maxMessageAttributes } from "./limits.ts";
import { isPlainText } from "./message-text.ts";

/** As sent: by name. */
export type MessageAttributes = Readonly<Record<string, MessageAttributeValue>>;

const namePattern = /^(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]+(?<!\.)$/;
const reservedPrefix = /^(?:aws|amazon)\./i;
const typePattern = /^(String|Number|Binary)(?:\..*)?$/s;

/** `kind`: how AWS calls those of users, `user`, and its own, `system`. Throws InvalidParameterValue. */
export function checkMessageAttributes(attributes: MessageAttributes, kind: "user" | "system"): void {
  const entries = Object.entries(attributes);
  if (entries.length > maxMessageAttributes) {
    throw invalidParameter(`Number of message attributes [${entries.length}] exceeds the allowed maximum [${maxMessageAttributes}].`);
  }
  for (const [name, value] of entries) {
    if (kind === "user") checkName(name);
    checkValue(name, value ?? {}, kind);
  }
}

function checkName(name: string): void {
  if (name.length > maxAttributeNameLength || !namePattern.test(name) || reservedPrefix.test(name)) {
    throw invalidParameter(
      `Message (user) attribute name '${name}' is invalid: it may have up to ${maxAttributeNameLength} of the characters A-Z, a-z, 0-9, underscore, hyphen and period, ` +
        "no period at its ends, no two in a row, and may not begin with AWS. or Amazon.",
    );
  }
}

function checkValue(name: string, { DataType, StringValue, BinaryValue, ...lists }: MessageAttributeValue, kind: string): void {
  const refuse = (text: string): AwsError => invalidParameter(`Message (${kind}) attribute '${name}' ${text}`);
  if (DataType === undefined || DataType === "") throw refuse("must contain a non-empty attribute type.");
  const type = typePattern.exec(DataType)?.[1];
  if (type === undefined || DataType.length > maxAttributeNameLength) {
    throw refuse("has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.");
  }
  if ((lists.StringListValues?.length ?? 0) > 0 || (lists.BinaryListValues?.length ?? 0) > 0) {
    throw new AwsError("UnsupportedOperation", "Lists of values are not supported in message attributes.");
  }
  // https://github.com/localstack/localstack, test_send_message_with_empty_string_attribute
  const isEmpty = type === "Binary" ? (BinaryValue?.length ?? 0) === 0 : (StringValue ?? "") === "";
  if (isEmpty) throw refuse(`must contain a non-empty value of type '${type}'.`);
  if (type !== "Binary" && !isPlainText(StringValue!)) throw refuse("has an invalid character.");
  if (type === "Number" && !isNumber(StringValue!))
    throw invalidParameter(`Can't cast the value of message (${kind}) attribute '${name}' to a number.`);
}

const isNumber = (text: string): boolean => /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(text.trim());

/** What the attributes count against the limits of a message: names, types and values. */
export function attributesBytes(attributes: MessageAttributes): number {
  let bytes = 0;
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType!) + (BinaryValue?.length ?? Buffer.byteLength(StringValue ?? ""));
  }
  return bytes;
}

/** Undefined when there are none. The names are sorted, each part goes in with its length, a byte tells text from bytes. */
export function attributesMd5(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const parts = names.flatMap((name) => {
    const { DataType, StringValue, BinaryValue } = attributes[name]!;
    const value = BinaryValue === undefined ? [textMark, ...withLength(StringValue ?? "")] : [bytesMark, ...withLength(BinaryValue)];
    return [...withLength(name), ...withLength(DataType!), ...value];
  });
  return hash("md5", Buffer.concat(parts), "hex");
}

const textMark = Buffer.from([1]);
const bytesMark = Buffer.from([2]);

function withLength(value: string | Uint8Array): Uint8Array[] {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}

/** Those that a receive asked for: names, `prefix.*`, `All` and `.*`. */
export function selectAttributes(attributes: MessageAttributes, wanted: readonly string[]): MessageAttributes {
  if (wanted.includes("All") || wanted.includes(".*")) return attributes;
  const prefixes = wanted.filter((name) => name.endsWith("*")).map((name) => name.slice(0, name.endsWith(".*") ? -2 : -1));
  const names = new Set(wanted);
  const chosen = Object.entries(attributes).filter(([name]) => names.has(name) || prefixes.some((prefix) => name.startsWith(prefix)));
  return Object.fromEntries(chosen);
}

/** Attributes as text and back, for the disk. */
export const writeAttributes = (attributes: MessageAttributes): string | null =>
  Object.keys(attributes).length === 0
    ? null
    : JSON.stringify(
        Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) =>
          BinaryValue === undefined ? [name, DataType, StringValue] : [name, DataType, Buffer.from(BinaryValue).toString("base64"), 1],
        ),
      );

export function readAttributes(text: string | null): MessageAttributes {
  if (text === null) return {};
  const entries = JSON.parse(text) as Array<[name: string, DataType: string, value: string, isBinary?: 1]>;
  return Object.fromEntries(
    entries.map(([name, DataType, value, isBinary]) => [
      name,
      isBinary ? { DataType, BinaryValue: Buffer.from(value, "base64") } : { DataType, StringValue: value },
    ]),
  );
}
