import { AwsError } from "#wire/errors.ts";
import { defaultPageItems } from "./limits.ts";

export interface PageRequest {
  Marker?: string | undefined;
  MaxItems?: number | undefined;
}

/** What an answer says of its place in the list. */
export interface Position {
  IsTruncated: boolean;
  Marker?: string;
}

export type Page<Item> = Position & { items: Item[] };

/**
 * The part of `items` that a request asks for, in the order of their keys, case ignored. A marker holds the key of the last item
 * seen, so that items which come and go between two pages neither repeat nor hide others.
 */
export function page<Item>(
  items: readonly Item[],
  { Marker, MaxItems = defaultPageItems }: PageRequest,
  keyOf: (item: Item) => string,
): Page<Item> {
  const after = Marker === undefined ? "" : readMarker(Marker);
  const left = items
    .map((item) => ({ item, key: keyOf(item).toLowerCase() }))
    .filter(({ key }) => key > after)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const shown = left.slice(0, MaxItems);
  const isTruncated = shown.length < left.length;
  return {
    items: shown.map(({ item }) => item),
    IsTruncated: isTruncated,
    ...(isTruncated && { Marker: writeMarker(shown.at(-1)!.key) }),
  };
}

const markerPrefix = "after:";

const writeMarker = (key: string): string => Buffer.from(markerPrefix + key).toString("base64url");

function readMarker(marker: string): string {
  const text = Buffer.from(marker, "base64url").toString();
  if (!text.startsWith(markerPrefix)) throw new AwsError("ValidationError", "Invalid Marker.");
  return text.slice(markerPrefix.length);
}
