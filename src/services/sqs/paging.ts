/** Pages of queues by name. A token is given only to those who asked for pages, as AWS does. */
import { invalidParameter, invalidValue } from "./errors.ts";
import { maxListedQueues } from "./limits.ts";

export interface PageRequest {
  MaxResults?: number | undefined;
  NextToken?: string | undefined;
}

export function readPage({ MaxResults, NextToken }: PageRequest): { after: string; limit: number } {
  if (MaxResults !== undefined && (MaxResults < 1 || MaxResults > maxListedQueues)) {
    throw invalidValue(MaxResults, "MaxResults", `MaxResults must be between 1 and ${maxListedQueues}.`);
  }
  return { after: NextToken === undefined ? "" : readToken(NextToken), limit: MaxResults ?? maxListedQueues };
}

/** `names` holds one more than `limit` if there is another page. */
export function nextToken({ MaxResults }: PageRequest, names: readonly string[], limit: number): { NextToken?: string } {
  if (MaxResults === undefined || names.length <= limit) return {};
  return { NextToken: Buffer.from(`after ${names[limit - 1]}`).toString("base64") };
}

function readToken(token: string): string {
  const found = /^after ([\w.-]+)$/.exec(Buffer.from(token, "base64").toString("latin1"));
  if (found === null) throw invalidParameter("Invalid or expired next token.");
  return found[1]!;
}
