/**
 * The canonical request: the one spelling of a request that client and server both hash.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * Strings here are the received bytes read as Latin-1, as Node hands them out, so one character is one byte.
 */

export interface QueryParameter {
  /** Both percent-encoded in the canonical way. */
  name: string;
  value: string;
}

const reservedInPath = /[^A-Za-z0-9\-._~/]/g;
const escapeOrReserved = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~]/g;
const escapeOrReservedInPath = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~/]/g;

/** Paths that are canonical as they are: no escapes, no empty segments, none that begins with a dot. */
const canonicalAlready = /^(?:\/[\w~-][\w.~-]*)+$/;

/** How each byte is spelled. */
const spellings: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
});

const encode = (character: string): string => spellings[character.charCodeAt(0)]!;

/** Decodes an escape and encodes it again, so that `%2d` and `-` come out the same. */
const encodeOnce = (escapeOrCharacter: string): string =>
  escapeOrCharacter.length === 1 ? encode(escapeOrCharacter) : spellings[Number.parseInt(escapeOrCharacter.slice(1), 16)]!;

/** `path`: as received. S3 signs the path encoded once, untouched otherwise; everyone else normalises it and encodes it once more. */
export function canonicalPath(path: string, signingName: string): string {
  if (canonicalAlready.test(path)) return path;
  if (signingName === "s3") return path.replace(escapeOrReservedInPath, encodeOnce);
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  const isFolder = path.endsWith("/") && segments.length > 0;
  return `/${segments.join("/")}${isFolder ? "/" : ""}`.replace(reservedInPath, encode);
}

/** `query`: as received, without the `?`. A `+` is a space, as in forms. The result is in canonical order. */
export function parseQuery(query: string): QueryParameter[] {
  if (query === "") return [];
  const parameters: QueryParameter[] = [];
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    parameters.push({
      name: encodeQueryPart(equals === -1 ? pair : pair.slice(0, equals)),
      value: encodeQueryPart(equals === -1 ? "" : pair.slice(equals + 1)),
    });
  }
  return parameters.toSorted((a, b) => compare(a.name, b.name) || compare(a.value, b.value));
}

const encodeQueryPart = (part: string): string => part.replaceAll("+", "%20").replace(escapeOrReserved, encodeOnce);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The query string to sign, without the parameters named in `omitted`. */
export function canonicalQuery(parameters: readonly QueryParameter[], omitted: readonly string[]): string {
  let query = "";
  for (const { name, value } of parameters) {
    if (!omitted.includes(name)) query += `${query === "" ? "" : "&"}${name}=${value}`;
  }
  return query;
}

/** One line per name, in the order given. A header that is not there counts as empty. */
export function canonicalHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  names: readonly string[],
): string {
  let lines = "";
  for (const name of names) {
    const value: unknown = headers[name];
    // The client chose the names: what every object has by the name of `constructor` is no header.
    const text = typeof value === "string" ? foldSpaces(value) : Array.isArray(value) ? value.map(foldSpaces).join(",") : "";
    lines += `${name}:${text}\n`;
  }
  return lines;
}

/** Most values are canonical already, and session tokens are long: a look comes before the replacing. */
function foldSpaces(value: string): string {
  if (!value.includes("  ") && !value.includes("\t") && !value.startsWith(" ") && !value.endsWith(" ")) return value;
  // Not trim() and \s: they take 0xA0, which is half a letter in UTF-8, for a space.
  return value.replace(/[ \t]+/g, " ").replace(/^ | $/g, "");
}
