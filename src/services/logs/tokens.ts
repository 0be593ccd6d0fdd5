import type { LogQuery, Position } from "#storage/append-log.ts";
import { AwsError } from "#wire/errors.ts";

/** A position in 56 decimal digits, as AWS's event ids and tokens have them: time, segment, offset, index. */
const widths = [15, 16, 15, 10] as const;

export const digitsOf = ({ timestampMs, segment, offset, index }: Position): string =>
  [timestampMs, segment, offset, index].map((part, at) => String(part).padStart(widths[at]!, "0")).join("");

/** `f/<digits>` leads forward from a position, `b/<digits>` backward. */
export interface EventToken {
  direction: LogQuery["direction"];
  position: Position;
}

export const writeEventToken = ({ direction, position }: EventToken): string => `${direction[0]}/${digitsOf(position)}`;

export function readEventToken(token: string): EventToken {
  const match = /^([fb])\/(\d{15})(\d{16})(\d{15})(\d{10})$/.exec(token);
  if (match === null) throw invalidToken();
  const [timestampMs, segment, offset, index] = match.slice(2).map(Number) as [number, number, number, number];
  return { direction: match[1] === "f" ? "forward" : "backward", position: { timestampMs, segment, offset, index } };
}

/** Opaque tokens of the other lists: any JSON. */
export const writeToken = (content: unknown): string => Buffer.from(JSON.stringify(content)).toString("base64url");

export function readToken(token: string | undefined): unknown {
  if (token === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    throw invalidToken();
  }
}

/** The text in a token that `writeToken` made of one. */
export function readTextToken(token: string | undefined): string | undefined {
  const content = readToken(token);
  if (content !== undefined && typeof content !== "string") throw invalidToken();
  return content;
}

export const invalidToken = (): AwsError => new AwsError("InvalidParameterException", "The specified nextToken is invalid.");
