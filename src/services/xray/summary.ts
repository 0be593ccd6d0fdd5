/** What GetTraceSummaries says of a trace. Pure. https://docs.aws.amazon.com/xray/latest/api/API_TraceSummary.html */
import type { AnnotationValue, ServiceId, TraceSummary, ValueWithServiceIds } from "@aws-sdk/client-xray";
import { isObject, type Segment, statusOf, textIn } from "./segment.ts";
import { annotationsOf, durationOf, startOf, type Trace } from "./trace.ts";

/** DIVERGES: AWS finds the causes of faults, errors and long response times; here those lists are empty. */
export function summaryOf(trace: Trace, accountId: string): TraceSummary {
  const [root] = trace.segments;
  const services = new Map(trace.segments.map((segment) => [nodeKey(segment), serviceIdOf(segment, accountId)]));
  return {
    Id: trace.id,
    StartTime: new Date(startOf(trace) * 1_000),
    Duration: rounded(durationOf(trace)),
    ...(root?.end_time !== undefined && { ResponseTime: rounded(root.end_time - root.start_time) }),
    HasFault: root?.fault === true,
    HasError: root?.error === true,
    HasThrottle: trace.segments.some(({ throttle }) => throttle === true),
    IsPartial: trace.segments.some(({ in_progress: inProgress }) => inProgress === true),
    Http: httpOf(root),
    Annotations: annotationsByKey(trace, accountId),
    Users: usersOf(trace, accountId),
    ServiceIds: [...services.values()],
    ResourceARNs: [...new Set(trace.segments.flatMap(resourceArns))].map((ARN) => ({ ARN })),
    InstanceIds: distinct(trace, "instance_id").map((Id) => ({ Id })),
    AvailabilityZones: distinct(trace, "availability_zone").map((Name) => ({ Name })),
    ...(root && { EntryPoint: serviceIdOf(root, accountId) }),
    FaultRootCauses: [],
    ErrorRootCauses: [],
    ResponseTimeRootCauses: [],
    Revision: 0,
    MatchedEventTime: new Date(startOf(trace) * 1_000),
  };
}

/** Segments of the same key are one node of the graph. */
export const nodeKey = (segment: Segment): string => `${segment.name}\n${originOf(segment) ?? ""}`;

export const originOf = ({ origin }: Segment): string | undefined => (typeof origin === "string" ? origin : undefined);

export function serviceIdOf(segment: Segment, accountId: string): ServiceId {
  const Type = originOf(segment);
  return { Name: segment.name, Names: [segment.name], AccountId: accountId, ...(Type !== undefined && { Type }) };
}

/** Milliseconds are what AWS shows. */
export const rounded = (seconds: number): number => Math.round(seconds * 1_000) / 1_000;

export const userOf = ({ user }: Segment): string | undefined => (typeof user === "string" ? user : undefined);

export const instanceOf = ({ aws }: Segment, name: "instance_id" | "availability_zone"): string | undefined =>
  isObject(aws?.["ec2"]) ? textIn(aws["ec2"], name) : undefined;

const distinct = ({ segments }: Trace, name: "instance_id" | "availability_zone"): string[] => [
  ...new Set(segments.flatMap((segment) => instanceOf(segment, name) ?? [])),
];

export const resourceArns = ({ resource_arn: arn, aws }: Segment): string[] =>
  [arn, textIn(aws, "function_arn")].filter((each): each is string => typeof each === "string");

function httpOf(root: Segment | undefined): NonNullable<TraceSummary["Http"]> {
  const request = root?.http?.request;
  const [url, method, agent, client] = ["url", "method", "user_agent", "client_ip"].map((name) => textIn(request, name));
  const status = root && statusOf(root);
  return {
    ...(url !== undefined && { HttpURL: url }),
    ...(status !== undefined && { HttpStatus: status }),
    ...(method !== undefined && { HttpMethod: method }),
    ...(agent !== undefined && { UserAgent: agent }),
    ...(client !== undefined && { ClientIp: client }),
  };
}

function annotationsByKey({ segments }: Trace, accountId: string): Record<string, ValueWithServiceIds[]> {
  const found = new Map<string, Map<string, ValueWithServiceIds & { ServiceIds: ServiceId[] }>>();
  for (const segment of segments) {
    for (const [key, value] of annotationsOf(segment)) {
      const values = found.get(key) ?? new Map<string, ValueWithServiceIds & { ServiceIds: ServiceId[] }>();
      found.set(key, values);
      const known = values.get(JSON.stringify(value));
      const service = serviceIdOf(segment, accountId);
      if (known === undefined) values.set(JSON.stringify(value), { AnnotationValue: annotationValue(value), ServiceIds: [service] });
      else if (!known.ServiceIds.some(({ Name, Type }) => Name === service.Name && Type === service.Type)) known.ServiceIds.push(service);
    }
  }
  return Object.fromEntries([...found].map(([key, values]) => [key, [...values.values()]]));
}

function annotationValue(value: boolean | number | string): AnnotationValue {
  if (typeof value === "boolean") return { BooleanValue: value };
  return typeof value === "number" ? { NumberValue: value } : { StringValue: value };
}

function usersOf({ segments }: Trace, accountId: string): NonNullable<TraceSummary["Users"]> {
  const users = Map.groupBy(
    segments.filter((segment) => userOf(segment) !== undefined),
    (segment) => userOf(segment)!,
  );
  return [...users].map(([UserName, theirs]) => ({ UserName, ServiceIds: theirs.map((segment) => serviceIdOf(segment, accountId)) }));
}
