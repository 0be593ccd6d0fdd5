import { HeadPattern, Headers } from "./head-pattern.ts";
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

/** Of one connection: most clients have but one. */
const maximumPatterns = 4;

/** Headers that make more of a request than a head and a body of known length. */
const unusualHeaders: readonly string[] = ["transfer-encoding", "expect", "upgrade", "trailer", "te", "http2-settings", "proxy-connection"];

/**
 * The one request that `bytes` are, if it is in the plainest form: `unfinished` while its body has not come, `unusual` for everything
 * else. Whatever is not certain is unusual. `patterns`: those of the connection's requests so far, to which this one may add its own.
 */
export function readPlainRequest(bytes: Buffer, patterns: HeadPattern[] = []): PlainRequest | "unfinished" | "unusual" {
  const bodyAt = bytes.indexOf(headEnd) + headEnd.length;
  if (bodyAt < headEnd.length || bodyAt > maximumHeadBytes) return "unusual";
  const text = bytes.toString("latin1", 0, bodyAt);
  const head = readFamiliar(text, patterns) ?? readUnfamiliar(text, patterns);
  if (head === undefined) return "unusual";

  const bodyBytes = head.headers["content-length"] ?? "0";
  if (!/^\d{1,6}$/.test(bodyBytes)) return "unusual";
  const end = bodyAt + Number(bodyBytes);
  if (end > maximumPlainBytes || bytes.length > end) return "unusual";
  if (bytes.length < end) return "unfinished";
  return { head, body: bytes.subarray(bodyAt) };
}

function readFamiliar(text: string, patterns: readonly HeadPattern[]): RequestHead | undefined {
  for (const pattern of patterns) {
    const headers = pattern.read(text);
    if (headers) return { method: pattern.method, target: pattern.target, headers, httpVersion: "1.1", kind: pattern.kind };
  }
  return undefined;
}

/** Takes a head apart. Undefined if it is unusual. */
function readUnfamiliar(text: string, patterns: HeadPattern[]): RequestHead | undefined {
  if (!plainHead.test(text)) return undefined;
  const firstLineEnd = text.indexOf("\r\n");
  const headers = readHeaders(text, firstLineEnd + 2);
  if (headers === undefined) return undefined;
  const methodEnd = text.indexOf(" ");
  const method = text.slice(0, methodEnd);
  const target = text.slice(methodEnd + 1, firstLineEnd - " HTTP/1.1".length);
  const pattern = patterns.length < maximumPatterns ? HeadPattern.of(text, method, target) : undefined;
  if (pattern) patterns.push(pattern);
  return { method, target, headers, httpVersion: "1.1", kind: pattern?.kind };
}

/** From the second line on. Undefined if a name comes twice, or means that the request is not a plain one. */
function readHeaders(text: string, start: number): Record<string, string> | undefined {
  const headers = new Headers();
  for (let at = start; at < text.length - 2;) {
    const colon = text.indexOf(":", at);
    const name = text.slice(at, colon).toLowerCase();
    if (name in headers) return undefined;
    const end = text.indexOf("\r\n", colon);
    headers[name] = text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1, end);
    at = end + 2;
  }
  const { connection = "keep-alive", host = "" } = headers;
  if (host === "" || connection.toLowerCase() !== "keep-alive" || unusualHeaders.some((name) => name in headers)) return undefined;
  return headers;
}
