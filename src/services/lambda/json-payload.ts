import { AwsError } from "#wire/errors.ts";

const empty = Buffer.from("{}");
const decoder = new TextDecoder("utf-8", { fatal: true });
const prefix = "Could not parse request body into json: Could not parse payload into json: ";
const jsonValues = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/** The payload, if it is JSON; no payload is an empty object. Throws InvalidRequestContentException in the words of AWS's parser. */
export function checkJson(payload: Uint8Array): Uint8Array {
  if (payload.length === 0) return empty;
  let text: string | undefined;
  try {
    text = decoder.decode(payload);
    JSON.parse(text);
    return payload;
  } catch (error) {
    throw new AwsError("InvalidRequestContentException", prefix + describe(payload, text, error as Error), { Type: "User" });
  }
}

/** Recorded forms: "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value …", "Invalid UTF-8 start byte 0x87". */
function describe(payload: Uint8Array, text: string | undefined, error: Error): string {
  if (text === undefined) return describeBytes(payload);
  const position = findPosition(text, error.message);
  const rest = text.slice(position);
  const word = /^[A-Za-z_]\w*/.exec(rest)?.[0];
  const [line, column] = lineAndColumn(text, position + (word?.length ?? 0));
  if (rest === "") return `Unexpected end-of-input${location(line, column)}`;
  if (word !== undefined) return `Unrecognized token '${word}': was expecting ${jsonValues}${location(line, column)}`;
  const character = rest.codePointAt(0)!;
  const shown = character < 32 ? `CTRL-CHAR, code ${character}` : `'${String.fromCodePoint(character)}' (code ${character})`;
  return `Unexpected character (${character < 32 ? `(${shown})` : shown}): expected a valid value ${jsonValues}${location(line, column)}`;
}

/** V8 says the position of some mistakes, of others only the character; its first occurrence is then the best guess. */
function findPosition(text: string, message: string): number {
  const position = /position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return Number(position);
  const token = /^Unexpected token '(.)'/su.exec(message)?.[1];
  return token === undefined ? text.length : text.indexOf(token);
}

function describeBytes(payload: Uint8Array): string {
  const index = payload.findIndex((byte) => byte >= 0x80);
  const byte = payload[index]!;
  // Jackson looks at the first byte as the start of a value, and at later ones as part of a string.
  if (index === 0) return `Unexpected character ((CTRL-CHAR, code ${byte})): expected a valid value ${jsonValues}${location(1, 1)}`;
  return `Invalid UTF-8 start byte 0x${byte.toString(16)}${location(1, index + 1)}`;
}

function lineAndColumn(text: string, position: number): [line: number, column: number] {
  const before = text.slice(0, position).split("\n");
  return [before.length, before.at(-1)!.length + 1];
}

const location = (line: number, column: number): string =>
  `\n at [Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); line: ${line}, column: ${column}]`;
