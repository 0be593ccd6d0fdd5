/**
 * What a function answers becomes an HTTP answer. Pure. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
import type { HttpResponse } from "#wire/http.ts";

/** What a streaming function says of an answer whose status and headers come first. */
export const integrationType = "application/vnd.awslambda.http-integration-response";

/** A function's answer that is none. */
export class BadAnswer extends Error {}

/**
 * What AWS writes itself, or keeps from browsers, goes on under another name. No page of AWS says so of URLs; that they do is known of these:
 * https://zenn.dev/ashphy/scraps/5d70402729657f, and of `www-authenticate` from those who asked for a password in vain.
 */
const remappedHeaders: ReadonlySet<string> = new Set(["connection", "content-length", "date", "www-authenticate"]);
const remappedPrefix = "x-amzn-remapped-";

/** What belongs to one connection, and what we write ourselves. */
const droppedHeaders: ReadonlySet<string> = new Set([
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The payload of a buffered answer. Throws `BadAnswer`. */
export function answerOf(payload: Uint8Array): HttpResponse {
  const text = Buffer.from(payload).toString();
  const value = parse(text);
  // Without a status it is the body itself.
  if (!isObject(value) || !("statusCode" in value)) return { status: 200, headers: { "content-type": "application/json" }, body: text };
  const { body = "", isBase64Encoded } = value;
  if (body !== null && typeof body !== "string") throw new BadAnswer("the body is no text");
  const head = headOf(value);
  return withBody(head, Buffer.from(body ?? "", isBase64Encoded === true ? "base64" : "utf8"));
}

/** Status, headers and cookies, of an answer in one piece or of the metadata before a streamed one. Throws `BadAnswer`. */
export function headOf(metadata: Readonly<Record<string, unknown>>): Omit<HttpResponse, "body"> {
  const { statusCode = 200, headers: given = {}, cookies } = metadata;
  const status = typeof statusCode === "string" && /^\d{3}$/.test(statusCode) ? Number(statusCode) : statusCode;
  if (typeof status !== "number" || !Number.isInteger(status) || status < 200 || status > 599) throw new BadAnswer("the status is none");
  if (given !== null && !isObject(given)) throw new BadAnswer("the headers are none");
  const headers: Record<string, string> = { "content-type": "application/json" };
  const setCookies: string[] = [];
  for (const [name, value] of Object.entries(given ?? {})) {
    const key = name.toLowerCase();
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(key)) throw new BadAnswer("a header's name is none");
    if (key === "set-cookie") setCookies.push(headerText(value));
    else if (remappedHeaders.has(key)) headers[remappedPrefix + key] = headerText(value);
    else if (!droppedHeaders.has(key)) headers[key] = headerText(value);
  }
  for (const cookie of Array.isArray(cookies) ? (cookies as unknown[]) : []) setCookies.push(headerText(cookie));
  return { status, headers, ...(setCookies.length > 0 && { cookies: setCookies }) };
}

/** A head with its body, where such an answer has one. */
export function withBody(head: Omit<HttpResponse, "body">, body: NonNullable<HttpResponse["body"]>): HttpResponse {
  return isBodiless(head.status) ? head : { ...head, body };
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1 */
export const isBodiless = (status: number): boolean => status === 204 || status === 205 || status === 304;

/** The JSON before the eight NUL bytes. Throws `BadAnswer`. */
export function parseMetadata(bytes: Uint8Array): Omit<HttpResponse, "body"> {
  const value = parse(Buffer.from(bytes).toString());
  if (!isObject(value)) throw new BadAnswer("the metadata is no object");
  const head = headOf(value);
  const names = Object.keys(isObject(value.headers) ? value.headers : {}).map((name) => name.toLowerCase());
  if (!names.includes("content-type")) head.headers["content-type"] = "application/octet-stream";
  return head;
}

function headerText(value: unknown): string {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") throw new BadAnswer("a header's value is none");
  // On the wire headers are bytes, which Node takes as Latin-1.
  const text = Buffer.from(String(value)).toString("latin1").trim();
  if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) throw new BadAnswer("a header's value cannot be sent");
  return text;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
