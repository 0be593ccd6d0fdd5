import { invalidParameter } from "./errors.ts";

const prefix = "after:";

/** The key after which a page begins. A token holds the last one seen, so that what comes and goes between two pages hides nothing else. */
export function readPageToken(token: string | undefined): string {
  if (token === undefined || token === "") return "";
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith(prefix)) throw invalidParameter("NextToken");
  return text.slice(prefix.length);
}

/** Of `limit + 1` items that were asked for, those of this page, and the token of the next if there is one. */
export function pageOf<Item>(items: readonly Item[], limit: number, keyOf: (item: Item) => string): { shown: Item[]; NextToken?: string } {
  const shown = items.slice(0, limit);
  if (items.length <= limit) return { shown };
  return { shown, NextToken: Buffer.from(prefix + keyOf(shown.at(-1)!)).toString("base64url") };
}
