/**
 * A segment document: what one service did for one request, or one subsegment of it that was sent alone. Pure.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
 */
import type { UnprocessedTraceSegment } from "@aws-sdk/client-xray";
import { documentBytes, maxDepth } from "./limits.ts";

/** As sent: members that are not named here are kept as they are. Those named may be of any type, except where reading has checked them. */
export interface Segment {
  id: string;
  name: string;
  /** Seconds since the epoch. */
  start_time: number;
  /** Absent while it is in progress. */
  end_time?: number;
  in_progress?: boolean;
  /** Of what stands by itself. */
  trace_id?: string;
  parent_id?: string;
  /** `subsegment`, of one that was sent alone. */
  type?: string;
  origin?: string;
  namespace?: string;
  inferred?: boolean;
  error?: boolean;
  fault?: boolean;
  throttle?: boolean;
  resource_arn?: string;
  user?: string;
  http?: { request?: Record<string, unknown>; response?: Record<string, unknown> };
  aws?: Record<string, unknown>;
  annotations?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  cause?: unknown;
  subsegments?: Segment[];
}

export type StandingSegment = Segment & { trace_id: string };

export type ReadSegment = { segment: StandingSegment; text: string } | { refusal: UnprocessedTraceSegment };

const idPattern = /^[0-9a-f]{16}$/i;
const traceIdPattern = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/i;
/** Times are seconds; a time in milliseconds is a mistake. */
const latestSeconds = 100_000_000_000;

/**
 * Reads one document. A refusal has AWS's form, `Invalid segment. ErrorCode: MissingId`; of its codes only MissingId is on record
 * (https://github.com/humanmade/aws-xray/issues/29), the others are named alike.
 */
export function readSegment(text: string): ReadSegment {
  if (Buffer.byteLength(text) > documentBytes) return { refusal: refusalOf("SegmentTooLarge") };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
    // What was nested so deep that it cannot be written again is no segment.
    JSON.stringify(parsed);
  } catch {
    return { refusal: refusalOf("ParseError") };
  }
  if (!isObject(parsed)) return { refusal: refusalOf("ParseError") };
  const fault = faultOfStanding(parsed);
  if (fault !== undefined) return { refusal: refusalOf(fault, parsed["id"]) };
  return { segment: parsed as unknown as StandingSegment, text };
}

function refusalOf(code: string, id?: unknown): UnprocessedTraceSegment {
  return { ...(typeof id === "string" && { Id: id }), ErrorCode: code, Message: `Invalid segment. ErrorCode: ${code}` };
}

function faultOfStanding(document: Record<string, unknown>): string | undefined {
  const own = faultOf(document);
  if (own !== undefined) return own;
  const { trace_id: traceId, parent_id: parentId, type } = document;
  if (traceId === undefined) return "MissingTraceId";
  if (typeof traceId !== "string" || !traceIdPattern.test(traceId)) return "InvalidTraceId";
  if (parentId !== undefined && (typeof parentId !== "string" || !idPattern.test(parentId))) return "InvalidParentId";
  if (type === "subsegment" && parentId === undefined) return "MissingParentId";
  return faultOfSubsegments(document, 1);
}

function faultOfSubsegments({ subsegments }: Record<string, unknown>, depth: number): string | undefined {
  if (subsegments === undefined) return undefined;
  if (!Array.isArray(subsegments) || depth > maxDepth) return "InvalidSubsegments";
  for (const each of subsegments as unknown[]) {
    if (!isObject(each)) return "InvalidSubsegments";
    const fault = faultOf(each) ?? faultOfSubsegments(each, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What every segment and subsegment must have. */
function faultOf({ id, name, start_time: start, end_time: end, in_progress: inProgress }: Record<string, unknown>): string | undefined {
  if (id === undefined) return "MissingId";
  if (typeof id !== "string" || !idPattern.test(id)) return "InvalidId";
  if (name === undefined) return "MissingName";
  if (typeof name !== "string" || name.length === 0 || name.length > 250) return "InvalidName";
  if (start === undefined) return "MissingStartTime";
  if (!isTime(start)) return "InvalidStartTime";
  if (end === undefined && inProgress !== true) return "MissingEndTime";
  return end === undefined || isTime(end) ? undefined : "InvalidEndTime";
}

const isTime = (value: unknown): boolean => typeof value === "number" && value >= 0 && value < latestSeconds;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The segment itself and all that lies in it, each with what it lies in. */
export function* walk(segment: Segment, parent?: Segment): Generator<{ each: Segment; parent: Segment | undefined }> {
  yield { each: segment, parent };
  for (const subsegment of segment.subsegments ?? []) yield* walk(subsegment, segment);
}

export const statusOf = ({ http }: Segment): number | undefined => numberIn(http?.response, "status");

export const numberIn = (members: Record<string, unknown> | undefined, name: string): number | undefined =>
  typeof members?.[name] === "number" ? members[name] : undefined;

export const textIn = (members: Record<string, unknown> | undefined, name: string): string | undefined =>
  typeof members?.[name] === "string" ? members[name] : undefined;
