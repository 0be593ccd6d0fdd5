/**
 * The event that a request to a function URL becomes: payload format 2.0. Pure.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
import type { Visitor } from "#wire/service.ts";

export interface UrlRequest {
  urlId: string;
  region: string;
  /** Without a port. */
  domainName: string;
  method: string;
  /** As received. */
  path: string;
  query: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
  /** `HTTP/1.1` */
  protocol: string;
  isSecure: boolean;
  sourceIp: string;
  requestId: string;
  traceId: string;
  timeMs: number;
  /** Undefined where nobody has to sign. */
  visitor: Visitor | undefined;
}

/** Of one connection, or in the event by another name. */
const droppedHeaders: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "http2-settings",
  "cookie",
]);

export function urlEvent(request: UrlRequest): object {
  const { urlId, domainName, method, path, protocol, sourceIp, requestId, timeMs, visitor, headers, body } = request;
  const cookies = headers.cookie?.split(/;\s*/).filter((cookie) => cookie !== "");
  const parameters = queryParameters(request.query);
  const isText = isTextual(headers, body);
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: request.query,
    ...(cookies && { cookies }),
    headers: eventHeaders(request),
    ...(parameters && { queryStringParameters: parameters }),
    requestContext: {
      accountId: visitor?.principal.accountId ?? "anonymous",
      apiId: urlId,
      ...(visitor && { authorizer: { iam: iamOf(visitor) } }),
      domainName,
      domainPrefix: urlId,
      http: { method, path, protocol, sourceIp, userAgent: headers["user-agent"] ?? "" },
      requestId,
      routeKey: "$default",
      stage: "$default",
      time: formatTime(timeMs),
      timeEpoch: timeMs,
    },
    ...(body.length > 0 && { body: isText ? body.toString() : body.toString("base64") }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function eventHeaders({ headers, sourceIp, isSecure, traceId, visitor }: UrlRequest): Record<string, string> {
  const shown = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) if (value !== undefined && !droppedHeaders.has(name)) shown[name] = value;
  // What proves who somebody is goes no further than to who has to know.
  if (visitor) delete shown.authorization;
  const port = /:(\d+)$/.exec(headers.host ?? "")?.[1];
  shown["x-amzn-trace-id"] = traceId;
  shown["x-forwarded-for"] = [headers["x-forwarded-for"], sourceIp].filter(Boolean).join(", ");
  shown["x-forwarded-port"] = port ?? (isSecure ? "443" : "80");
  shown["x-forwarded-proto"] = isSecure ? "https" : "http";
  return shown;
}

/** Decoded; values of a name that comes twice are joined. */
function queryParameters(query: string): Record<string, string> | undefined {
  if (query === "") return undefined;
  const parameters = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(query)) parameters[name] = name in parameters ? `${parameters[name]},${value}` : value;
  return parameters;
}

function iamOf({ principal, accessKeyId }: Visitor): object {
  const userId = "userId" in principal ? principal.userId : "";
  return {
    accessKey: accessKeyId,
    accountId: principal.accountId,
    callerId: userId,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: "arn" in principal ? principal.arn : "",
    userId,
  };
}

const textTypes = /^(?:text\/|application\/(?:json|javascript|xml|[\w.+-]+\+(?:json|xml))(?:$|[;\s]))/i;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Whether the body is in the event as it is, not as base64: forms and unnamed types are not. What is not UTF-8 could not be. */
function isTextual(headers: UrlRequest["headers"], body: Buffer): boolean {
  if (headers["content-encoding"] !== undefined || !textTypes.test(headers["content-type"] ?? "")) return false;
  try {
    utf8.decode(body);
    return true;
  } catch {
    return false;
  }
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `12/Mar/2020:19:03:58 +0000` */
function formatTime(timeMs: number): string {
  const iso = new Date(timeMs).toISOString();
  return `${iso.slice(8, 10)}/${months[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
