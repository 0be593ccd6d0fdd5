/**
 * Which pages may read the answers of a function URL, as its configuration says. Pure.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
 */
import type { Cors } from "@aws-sdk/client-lambda";

type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** A browser asks whether it may; where CORS is configured, the function is not bothered with it. */
export const isPreflight = (method: string, headers: RequestHeaders): boolean =>
  method === "OPTIONS" && headers.origin !== undefined && headers["access-control-request-method"] !== undefined;

/** The headers of the answer to such a question: none if the answer is no. */
export function preflightHeaders(cors: Cors, headers: RequestHeaders): Record<string, string> {
  const allowed = originHeaders(cors, headers.origin);
  if (allowed === undefined) return {};
  return {
    ...allowed,
    ...(cors.AllowMethods && { "access-control-allow-methods": cors.AllowMethods.join(",") }),
    ...(cors.AllowHeaders && { "access-control-allow-headers": cors.AllowHeaders.join(",") }),
    ...(cors.MaxAge !== undefined && { "access-control-max-age": String(cors.MaxAge) }),
  };
}

/** The headers that an answer gets besides the function's own, of which they take the place. */
export function corsHeaders(cors: Cors, headers: RequestHeaders): Record<string, string> {
  const allowed = originHeaders(cors, headers.origin);
  if (allowed === undefined) return {};
  return { ...allowed, ...(cors.ExposeHeaders && { "access-control-expose-headers": cors.ExposeHeaders.join(",") }) };
}

function originHeaders(
  { AllowOrigins = [], AllowCredentials = false }: Cors,
  origin: string | undefined,
): Record<string, string> | undefined {
  if (origin === undefined) return undefined;
  const isOpen = AllowOrigins.includes("*");
  if (!isOpen && !AllowOrigins.some((allowed) => allowed.toLowerCase() === origin.toLowerCase())) return undefined;
  // Browsers take no asterisk for requests with credentials.
  if (isOpen && !AllowCredentials) return { "access-control-allow-origin": "*" };
  return {
    "access-control-allow-origin": origin,
    vary: "Origin",
    ...(AllowCredentials && { "access-control-allow-credentials": "true" }),
  };
}
