import type { HttpRequest } from "#wire/http.ts";

/**
 * Whether a page of another site made a browser send this. Browsers say so themselves, by Origin and Sec-Fetch-Site; clients that
 * are no browsers send neither. https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
 */
export function isForeignPage(request: HttpRequest, host: string): boolean {
  const { origin, "sec-fetch-site": site } = request.headers;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) return true;
  if (site === undefined || site === "same-origin") return false;
  // "none": the user typed the address. That may look at things, not change them.
  return !(site === "none" && (request.method === "GET" || request.method === "HEAD"));
}
