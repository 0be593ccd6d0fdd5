/**
 * Whom a request is for. A request may say so twice (a full URL and Host, Host twice, `:authority` and Host), and whoever stands before us
 * or behind us may read the other one: what does not agree with itself is refused.
 */
import type { IncomingHttpHeaders } from "node:http";

interface Target {
  /** As in HTTP/1.1: path and query. */
  target: string;
  /** Undefined without a Host header and its like. */
  host: string | undefined;
}

/** The first line as it came, and the headers. Undefined if nobody could tell whom it is for. */
export function targetOf(url: string, headers: IncomingHttpHeaders, rawHeaders: readonly string[]): Target | undefined {
  const authority = headers[":authority"] as string | undefined;
  const host = headers.host ?? authority;
  if (isSaidTwice(rawHeaders) || (authority !== undefined && authority !== host)) return undefined;
  if (url.startsWith("/")) return { target: url, host };
  // As proxies are asked. The header does not count then: https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
  const [, fullHost, rest = ""] = /^https?:\/\/([^/?#]+)(.*)$/is.exec(url) ?? [];
  return fullHost === undefined ? undefined : { target: rest.startsWith("/") ? rest : `/${rest}`, host: fullHost };
}

/** Node keeps the first and drops the others: https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
function isSaidTwice(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) if (rawHeaders[index]?.toLowerCase() === "host") count++;
  return count > 1;
}
