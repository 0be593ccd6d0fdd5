import { invalidParameter } from "./errors.ts";

/** Where a list goes on: the key of its last item, opaque to clients. */
export const writeMarker = (key: string): string => Buffer.from(key).toString("base64");

/** What the groups of `form` find in the key. Throws for a marker that we did not write. */
export function readMarker(marker: string, form: RegExp): string[] {
  const found = form.exec(Buffer.from(marker, "base64").toString("utf8"));
  if (found === null) throw invalidParameter("Invalid Marker");
  return found.slice(1);
}
