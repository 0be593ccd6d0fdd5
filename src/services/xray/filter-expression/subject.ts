/**
 * What the keywords of a filter expression mean for a trace, and for one service of it. Pure.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
 */
import { isObject, type Segment, statusOf, textIn, walk } from "../segment.ts";
import { instanceOf, originOf, resourceArns, userOf } from "../summary.ts";
import { annotationsOf, callsOf, durationOf, type Trace } from "../trace.ts";

export type Value = boolean | number | string;

export interface Subject {
  /** All values that the keyword has here. */
  values(keyword: Keyword): readonly Value[];
  annotation(key: string): readonly Value[];
  /** What `service(…)` may be about. */
  services: readonly Subject[];
  /** What `edge(…)` may be about: who was called, and by whom. */
  edges: ReadonlyArray<{ from: Subject; to: Subject }>;
  name: string;
  type: string;
}

type KeywordKind = "boolean" | "number" | "text";

export const keywords = {
  ok: "boolean",
  error: "boolean",
  throttle: "boolean",
  fault: "boolean",
  partial: "boolean",
  inferred: "boolean",
  first: "boolean",
  last: "boolean",
  remote: "boolean",
  root: "boolean",
  responsetime: "number",
  duration: "number",
  "http.status": "number",
  "http.url": "text",
  "http.method": "text",
  "http.useragent": "text",
  "http.clientip": "text",
  user: "text",
  name: "text",
  type: "text",
  message: "text",
  availabilityzone: "text",
  "instance.id": "text",
  "resource.arn": "text",
} as const satisfies Record<string, KeywordKind>;

export type Keyword = keyof typeof keywords;

/** The keywords that AWS has and that are not served. */
export const unservedKeywords = ["group", "rootcause", "coverage", "json", "index", "id"];

/** A trace has the outcome, the time and the request of its root, and names, users and annotations of all its services. */
export function traceSubject(trace: Trace): Subject {
  const subjects = new Map(trace.segments.map((segment) => [segment, serviceSubject(segment, trace)]));
  const services = [...subjects.values()];
  const [root] = services;
  const ofAll = new Set<Keyword>([
    "throttle",
    "user",
    "name",
    "type",
    "message",
    "availabilityzone",
    "instance.id",
    "resource.arn",
    "inferred",
    "remote",
  ]);
  return {
    services,
    get edges() {
      return callsOf(trace).flatMap(({ segment, caller }) => (caller ? { from: subjects.get(caller)!, to: subjects.get(segment)! } : []));
    },
    name: root?.name ?? "",
    type: root?.type ?? "",
    annotation: (key) => services.flatMap((service) => service.annotation(key)),
    values(keyword) {
      if (keyword === "duration") return [durationOf(trace)];
      if (keyword === "partial") return [services.some((service) => service.values("partial").includes(true))];
      return ofAll.has(keyword) ? services.flatMap((service) => service.values(keyword)) : (root?.values(keyword) ?? []);
    },
  };
}

function serviceSubject(segment: Segment, { segments }: Trace): Subject {
  const annotations = new Map<string, Value[]>();
  const collect = (): void => {
    for (const [key, value] of annotationsOf(segment)) annotations.set(key, [...(annotations.get(key) ?? []), value]);
  };
  let isCollected = false;
  return {
    services: [],
    edges: [],
    name: segment.name,
    type: originOf(segment) ?? "",
    annotation(key) {
      if (!isCollected) collect();
      isCollected = true;
      return annotations.get(key) ?? [];
    },
    values: (keyword) => [valueOf(segment, keyword, segments) ?? []].flat(),
  };
}

function valueOf(segment: Segment, keyword: Keyword, segments: readonly Segment[]): Value | Value[] | undefined {
  const { http } = segment;
  switch (keyword) {
    case "ok":
      return segment.error !== true && segment.fault !== true && segment.throttle !== true;
    case "error":
    case "throttle":
    case "fault":
    case "inferred":
      return segment[keyword] === true;
    case "partial":
      return segment.in_progress === true;
    case "first":
    case "root":
      return segment === segments[0];
    case "last":
      return segment === segments.at(-1);
    case "remote":
      return segment.namespace === "remote" || originOf(segment) === "remote";
    case "responsetime":
    case "duration":
      return segment.end_time === undefined ? undefined : segment.end_time - segment.start_time;
    case "http.status":
      return statusOf(segment);
    case "http.url":
      return textIn(http?.request, "url");
    case "http.method":
      return textIn(http?.request, "method");
    case "http.useragent":
      return textIn(http?.request, "user_agent");
    case "http.clientip":
      return textIn(http?.request, "client_ip");
    case "user":
      return userOf(segment);
    case "name":
      return segment.name;
    case "type":
      return originOf(segment);
    case "message":
      return messagesOf(segment);
    case "availabilityzone":
      return instanceOf(segment, "availability_zone");
    case "instance.id":
      return instanceOf(segment, "instance_id");
    case "resource.arn":
      return resourceArns(segment);
  }
}

function messagesOf(segment: Segment): string[] {
  return [...walk(segment)].flatMap(({ each: { cause } }) => {
    const exceptions = isObject(cause) && Array.isArray(cause["exceptions"]) ? (cause["exceptions"] as unknown[]) : [];
    return exceptions.flatMap((exception) => (isObject(exception) ? (textIn(exception, "message") ?? []) : []));
  });
}
