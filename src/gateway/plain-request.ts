import type { RequestHead } from "./peer.ts";

/** Larger ones are left to node:http, which takes them as they come. */
export const maximumPlainBytes = 128 * 1024;
const maximumHeadBytes = 16 * 1024;

export interface PlainRequest {
  head: RequestHead;
  body: Buffer;
}

/** A narrow choice of what https://www.rfc-editor.org/rfc/rfc9112 allows, about which no two servers can be of different minds. */
const plainHead = /^(?:GET|POST|PUT|DELETE|PATCH) \/[!"$-~]* HTTP\/1\.1\r\n(?:[\w!#$%&'*+.^`|~-]+: ?(?:[!-~](?:[ -~]*[!-~])?)?\r\n)+\r\n$/;

const headEnd = Buffer.from("\r\n\r\n");

/** A header's name as its client spells it, with the colon, and in lower case. */
export interface HeaderName {
  spelled: string;
  name: string;
}

/** Of one connection: more headers are seldom. */
const rememberedNames = 32;

/** Headers that make more of a request than a head and a body of known length. */
const unusualHeaders: readonly string[] = ["transfer-encoding", "expect", "upgrade", "trailer", "te", "http2-settings", "proxy-connection"];

/**
 * The one request that `bytes` are, if it is in the plainest form: `unfinished` while its body has not come, `unusual` for everything
 * else. Whatever is not certain is unusual. `names`: those of the headers of the connection's first request, which puts them there.
 */
export function readPlainRequest(bytes: Buffer, names: HeaderName[] = []): PlainRequest | "unfinished" | "unusual" {
  const bodyAt = bytes.indexOf(headEnd) + headEnd.length;
  if (bodyAt < headEnd.length || bodyAt > maximumHeadBytes) return "unusual";
  const text = bytes.toString("latin1", 0, bodyAt);
  if (!plainHead.test(text)) return "unusual";
  const firstLineEnd = text.indexOf("\r\n");
  const headers = readHeaders(text, firstLineEnd + 2, names);
  if (headers === undefined) return "unusual";

  const bodyBytes = headers["content-length"] ?? "0";
  if (!/^\d{1,6}$/.test(bodyBytes)) return "unusual";
  const end = bodyAt + Number(bodyBytes);
  if (end > maximumPlainBytes || bytes.length > end) return "unusual";
  if (bytes.length < end) return "unfinished";
  const methodEnd = text.indexOf(" ");
  const target = text.slice(methodEnd + 1, firstLineEnd - " HTTP/1.1".length);
  return { head: { method: text.slice(0, methodEnd), target, headers, httpVersion: "1.1" }, body: bytes.subarray(bodyAt) };
}

/**
 * Names are the client's, and where nothing is inherited "__proto__" is a name like any other. Objects that are made by a constructor get
 * their layout from those before them, as clients repeat their headers; those of Object.create(null) are hash tables, which take twice as long.
 */
const Headers = function () {} as unknown as new () => Record<string, string>;
Headers.prototype = Object.create(null);

/**
 * From the second line on. Undefined if a name comes twice, or means that the request is not a plain one. Clients repeat themselves, and to
 * see that a name is the one expected here takes a third of the time that it takes to cut it out and look it up.
 */
function readHeaders(text: string, start: number, names: HeaderName[]): Record<string, string> | undefined {
  const headers = new Headers();
  const isFirst = names.length === 0;
  let count = 0;
  for (let at = start; at < text.length - 2; count++) {
    let header = isFirst ? undefined : names[count];
    if (header === undefined || !text.startsWith(header.spelled, at)) {
      const spelled = text.slice(at, text.indexOf(":", at) + 1);
      header = { spelled, name: spelled.slice(0, -1).toLowerCase() };
      if (isFirst && count < rememberedNames) names.push(header);
    }
    const { spelled, name } = header;
    if (name in headers) return undefined;
    const valueAt = at + spelled.length;
    const end = text.indexOf("\r\n", valueAt);
    headers[name] = text.slice(text[valueAt] === " " ? valueAt + 1 : valueAt, end);
    at = end + 2;
  }
  const { connection = "keep-alive", host = "" } = headers;
  if (host === "" || connection.toLowerCase() !== "keep-alive" || unusualHeaders.some((name) => name in headers)) return undefined;
  return headers;
}
