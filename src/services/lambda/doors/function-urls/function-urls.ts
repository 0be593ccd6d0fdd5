/**
 * Function URLs: HTTP requests that become invocations, and answers of functions that become HTTP. They come to
 * `ID.lambda-url.REGION.localhost`, to AWS's own names, and below a path of ours for clients to whom such names lead nowhere.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
import { AwsError } from "#wire/errors.ts";
import type { HttpRequest, HttpResponse } from "#wire/http.ts";
import type { Door, Visit, Visitor } from "#wire/service.ts";
import { type Invocation, invokeFunction } from "../../invoke.ts";
import { invokeStreaming } from "../../invoke-streaming.ts";
import { latestVersion } from "../../function-version.ts";
import { synchronousPayloadBytes } from "../../limits.ts";
import type { FunctionUrl } from "../../satellites/function-url.ts";
import type { Place } from "../../satellites/place.ts";
import { policyOf } from "../../satellites/policies.ts";
import { urlActions, urlPermission } from "../../satellites/url-permission.ts";
import type { LambdaState } from "../../state.ts";
import { traceHeaderFor } from "../../trace-header.ts";
import { gatheredAnswer, streamedAnswer } from "./streamed-answer.ts";
import { BadAnswer } from "./url-answer.ts";
import { corsHeaders, isPreflight, preflightHeaders } from "./url-cors.ts";
import { urlEvent } from "./url-event.ts";
import { functionUrlHosts } from "./url-hosts.ts";

const pathPrefix = "/_pilotlight/lambda-url/";

/**
 * Below the path an answer has the origin of this product, and its scripts would be ours: in a sandbox they have an origin of their own.
 * https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/sandbox
 */
const sandboxed = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts";

/** Where a request goes to. */
interface Address {
  urlId: string;
  /** Of the host's name; undefined below the path. */
  region: string | undefined;
  /** As the function sees it. */
  path: string;
}

interface Found {
  place: Place;
  url: FunctionUrl;
}

export function functionUrls(state: LambdaState): Door {
  return {
    pathPrefix,
    async handle(request, visit) {
      const address = addressOf(request, visit.host);
      const traceId = traceHeaderFor(state.clock.now(), visit.requestId, request.headers["x-amzn-trace-id"]);
      const answer = await answerRequest(state, request, visit, address, traceId);
      answer.headers["x-amzn-trace-id"] = `root=${/Root=([^;]+)/.exec(traceId)?.[1] ?? ""}`;
      return address.region === undefined ? withoutOrigin(answer) : answer;
    },
  };
}

function addressOf({ path }: HttpRequest, host: string): Address {
  const [, urlId, region] = functionUrlHosts.exec(host) ?? [];
  if (urlId !== undefined) return { urlId, region, path };
  const rest = path.slice(pathPrefix.length);
  const slash = rest.indexOf("/");
  return slash < 0
    ? { urlId: rest, region: undefined, path: "/" }
    : { urlId: rest.slice(0, slash), region: undefined, path: rest.slice(slash) };
}

async function answerRequest(
  state: LambdaState,
  request: HttpRequest,
  visit: Visit,
  address: Address,
  traceId: string,
): Promise<HttpResponse> {
  const found = await findUrl(state, address);
  // AWS does not say which URLs there are.
  if (found === undefined) return refusal(forbidden);
  const { cors } = found.url;
  if (cors !== undefined && isPreflight(request.method, request.headers))
    return { status: 200, headers: preflightHeaders(cors, request.headers) };
  let answer: HttpResponse;
  try {
    answer = await invokeByUrl(state, request, visit, { ...address, traceId, found });
  } catch (error) {
    answer = describe(error);
  }
  if (cors !== undefined) {
    const { vary } = answer.headers;
    Object.assign(answer.headers, corsHeaders(cors, request.headers));
    if (vary !== undefined && vary !== answer.headers.vary) answer.headers.vary += `, ${vary}`;
  }
  return answer;
}

async function findUrl({ satellites }: LambdaState, { urlId, region }: Address): Promise<Found | undefined> {
  const found = await satellites.urlOf(urlId);
  if (found === undefined || (region !== undefined && region !== found.place.region)) return undefined;
  return { place: found.place, url: found.content };
}

async function invokeByUrl(
  state: LambdaState,
  request: HttpRequest,
  visit: Visit,
  { urlId, path, traceId, found }: Address & { traceId: string; found: Found },
): Promise<HttpResponse> {
  const { place, url } = found;
  if (request.headers.upgrade?.toLowerCase() === "websocket") throw new AwsError("BadRequestException", "WebSockets are not supported.");
  if (url.authType === "NONE") await authorize(state, visit, found, undefined);
  const body = await visit.readBody(synchronousPayloadBytes, tooLarge);
  const visitor = url.authType === "NONE" ? undefined : await visit.identify("lambda", body);
  if (url.authType === "AWS_IAM") await authorize(state, visit, found, visitor);
  const { method, query, headers } = request;
  const { requestId, protocol, isSecure, sourceIp } = visit;
  const { region } = place;
  const domainName = functionUrlHosts.test(visit.host) ? visit.host.replace(/:\d+$/, "") : `${urlId}.lambda-url.${region}.localhost`;
  const seen = { urlId, region, domainName, method, path, query, headers, body, protocol, isSecure, sourceIp, requestId, traceId, visitor };
  const payload = Buffer.from(JSON.stringify(urlEvent({ ...seen, timeMs: state.clock.now() })));
  if (payload.length > synchronousPayloadBytes) throw tooLarge();
  const { qualifier, ...id } = place;
  const target = qualifier === latestVersion ? id : place;
  const invocation: Invocation = { target, payload, isJson: true, requestId, traceId };
  if (url.invokeMode === "RESPONSE_STREAM") return streamedAnswer(await invokeStreaming(state, invocation, visit.signal));
  const { outcome } = await invokeFunction(state, invocation);
  if (outcome.functionError !== undefined) throw new BadAnswer("the function failed");
  return gatheredAnswer(outcome.payload, outcome.contentType);
}

/** Throws unless the URL's policy, or for who has signed that of the principal, allows both actions. */
async function authorize(state: LambdaState, visit: Visit, { place, url }: Found, visitor: Visitor | undefined): Promise<void> {
  const { authType } = url;
  if (authType === "AWS_IAM" && (visitor === undefined || visitor.region !== place.region)) throw forbidden;
  const principal = visitor?.principal;
  const signer = principal && { arn: "arn" in principal ? principal.arn : "", accountId: principal.accountId };
  const { accountId, region } = place;
  const verdict = urlPermission(await policyOf(state, place), { signer, authType });
  if (verdict === "allowed") return;
  // Whoever is of the account may be allowed by what is attached to him.
  if (verdict === "denied" || principal?.accountId !== accountId) throw forbidden;
  for (const action of urlActions) await visit.authorize({ principal, action, accountId, region, input: { FunctionName: place.name } });
}

const tooLarge = (): AwsError =>
  new AwsError(
    "RequestTooLargeException",
    `Request must be smaller than ${synchronousPayloadBytes} bytes for the InvokeFunction operation`,
  );

/** Recorded from AWS in 2026. */
const forbidden = new AwsError(
  "AccessDeniedException",
  "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
);

const statuses: Readonly<Record<string, number>> = {
  RequestTooLargeException: 413,
  TooManyRequestsException: 429,
  BadRequestException: 400,
};
/** Of who signed badly. */
const isAuthentication = (code: string): boolean => /Signature|Token|UnrecognizedClient|AccessDenied/.test(code);

/** Whatever is wrong with the function, or between it and us, is a bad gateway. */
function describe(error: unknown): HttpResponse {
  if (error instanceof AwsError && (error.code in statuses || isAuthentication(error.code))) return refusal(error);
  if (error instanceof BadAnswer || error instanceof AwsError)
    return { status: 502, headers: { "content-type": "application/json" }, body: "Internal Server Error" };
  throw error;
}

function refusal({ code, message }: AwsError): HttpResponse {
  const headers = { "content-type": "application/json", "x-amzn-errortype": code };
  return { status: statuses[code] ?? 403, headers, body: JSON.stringify({ Message: message }) };
}

function withoutOrigin(answer: HttpResponse): HttpResponse {
  const { "content-security-policy": own, "clear-site-data": _, "service-worker-allowed": __, ...headers } = answer.headers;
  // Of several policies each one holds.
  return { ...answer, headers: { ...headers, "content-security-policy": own === undefined ? sandboxed : `${own}, ${sandboxed}` } };
}
