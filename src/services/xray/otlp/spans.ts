/**
 * Segments as spans of OpenTelemetry. Names of attributes are those of its conventions where there is one, as the X-Ray receiver of its collector
 * has them. Pure. https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/receiver/awsxrayreceiver
 */
import type { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { isObject, numberIn, type Segment, type StandingSegment, statusOf, textIn } from "../segment.ts";
import { originOf, resourceArns, userOf } from "../summary.ts";

type LibrarySpan = Parameters<OTLPTraceExporter["export"]>[0][number];
/** With numbers in the place of the library's enumerations. */
export type Span = Omit<LibrarySpan, "kind" | "status"> & { kind: number; status: { code: number; message?: string } };
type Resource = Span["resource"];
type Attributes = Span["attributes"];

/** https://opentelemetry.io/docs/specs/otel/trace/api/#spankind, in the numbers of the JavaScript API. */
const kind = { internal: 0, server: 1, client: 2 };
/** https://opentelemetry.io/docs/specs/otel/trace/api/#set-status, likewise. */
const status = { unset: 0, error: 2 };
const sampled = 1;
/** The name that the conventions give to a service that is not known. */
const unknownService = "unknown_service";

export interface Origin {
  accountId: string;
  region: string;
}

export type MakeResource = (attributes: Attributes) => Resource;

/** The spans of a segment and of all that lies in it. What is in progress comes again when it is done, and is none yet. */
export function spansOf(segment: StandingSegment, origin: Origin, makeResource: MakeResource): Span[] {
  const resource = makeResource(resourceOf(segment, origin));
  const traceId = segment.trace_id.replaceAll("-", "").slice(1).toLowerCase();
  const spans: Span[] = [];
  const add = (each: Segment, parentId: string | undefined, isWhole: boolean): void => {
    if (each.in_progress !== true && each.end_time !== undefined) spans.push(spanOf(each, traceId, parentId, isWhole, resource));
    for (const subsegment of each.subsegments ?? []) add(subsegment, each.id, false);
  };
  add(segment, segment.parent_id, segment.type !== "subsegment");
  return spans;
}

function resourceOf(segment: StandingSegment, { accountId, region }: Origin): Attributes {
  const origin = originOf(segment);
  const [arn] = resourceArns(segment);
  const isLambda = origin === "AWS::Lambda" || origin === "AWS::Lambda::Function";
  return {
    "service.name": segment.type === "subsegment" ? unknownService : segment.name,
    "cloud.provider": "aws",
    "cloud.account.id": accountId,
    "cloud.region": region,
    ...(isLambda && { "cloud.platform": "aws_lambda", "faas.name": segment.name }),
    ...(arn !== undefined && { "cloud.resource_id": arn }),
  };
}

function spanOf(segment: Segment, traceId: string, parentId: string | undefined, isWhole: boolean, resource: Resource): Span {
  const { id, name, start_time: start, end_time: end = start, error, fault, throttle } = segment;
  const context = (spanId: string) => ({ traceId, spanId: spanId.toLowerCase(), traceFlags: sampled });
  const hasFailed = error === true || fault === true || throttle === true;
  const exceptions = exceptionsOf(segment);
  return {
    name,
    kind: isWhole ? kind.server : segment.namespace === "aws" || segment.namespace === "remote" ? kind.client : kind.internal,
    spanContext: () => context(id),
    ...(parentId !== undefined && { parentSpanContext: context(parentId) }),
    startTime: highResolution(start),
    endTime: highResolution(end),
    duration: highResolution(Math.max(0, end - start)),
    ended: true,
    status: hasFailed ? { code: status.error, message: exceptions[0]?.["exception.message"] ?? "" } : { code: status.unset },
    attributes: attributesOf(segment),
    events: exceptions.map((attributes) => ({ name: "exception", time: highResolution(end), attributes })),
    links: [],
    resource,
    instrumentationScope: { name: "pilotlight.xray" },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Seconds and nanoseconds. Microseconds are what a double has of a time of today. */
function highResolution(seconds: number): [seconds: number, nanoseconds: number] {
  const microseconds = Math.round(seconds * 1_000_000);
  return [Math.floor(microseconds / 1_000_000), (microseconds % 1_000_000) * 1_000];
}

function attributesOf(segment: Segment): Attributes {
  const { http, aws, annotations, metadata, throttle } = segment;
  const [method, url, agent, client] = ["method", "url", "user_agent", "client_ip"].map((name) => textIn(http?.request, name));
  const known = {
    "http.request.method": method,
    "url.full": url,
    "user_agent.original": agent,
    "client.address": client,
    "http.response.status_code": statusOf(segment),
    "http.response.body.size": numberIn(http?.response, "content_length"),
    "enduser.id": userOf(segment),
    "rpc.method": textIn(aws, "operation"),
    "aws.request_id": textIn(aws, "request_id"),
    "cloud.region": textIn(aws, "region"),
    "aws.xray.origin": originOf(segment),
    "aws.xray.throttle": throttle === true ? true : undefined,
  };
  return {
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
    ...simpleMembers(annotations),
    ...Object.fromEntries(
      Object.entries(isObject(metadata) ? metadata : {}).map(([namespace, value]) => [
        `aws.xray.metadata.${namespace}`,
        JSON.stringify(value),
      ]),
    ),
  };
}

const simpleMembers = (members: unknown): Attributes =>
  Object.fromEntries(
    Object.entries(isObject(members) ? members : {}).filter((entry): entry is [string, string | number | boolean] =>
      ["string", "number", "boolean"].includes(typeof entry[1]),
    ),
  );

function exceptionsOf({ cause }: Segment): Array<Record<string, string>> {
  const exceptions = isObject(cause) && Array.isArray(cause["exceptions"]) ? (cause["exceptions"] as unknown[]) : [];
  return exceptions.filter(isObject).map((exception) => {
    const [type, message, stack] = [textIn(exception, "type"), textIn(exception, "message"), stackOf(exception["stack"])];
    return {
      ...(type !== undefined && { "exception.type": type }),
      ...(message !== undefined && { "exception.message": message }),
      ...(stack !== "" && { "exception.stacktrace": stack }),
    };
  });
}

const stackOf = (stack: unknown): string =>
  (Array.isArray(stack) ? (stack as unknown[]) : [])
    .filter(isObject)
    .map((frame) => `${textIn(frame, "label") ?? "anonymous"} (${textIn(frame, "path") ?? "?"}:${numberIn(frame, "line") ?? 0})`)
    .join("\n");
