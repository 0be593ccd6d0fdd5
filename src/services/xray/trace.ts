/**
 * A trace as a whole, put together from the documents that came for it in any order: subsegments that were sent alone go where their parents
 * are, and downstream services that sent nothing are inferred from the calls that were made to them. Pure.
 */
import { createHash } from "node:crypto";
import { maxDepth } from "./limits.ts";
import { isObject, type Segment, type StandingSegment, textIn, walk } from "./segment.ts";

export interface Trace {
  id: string;
  /** Each with its subsegments, by start; the first is the one that nobody of the trace called. */
  segments: readonly StandingSegment[];
  /** Documents came for it that were not kept. */
  isTruncated: boolean;
}

/** The documents are those that were accepted. */
export function assembleTrace(id: string, documents: readonly string[], isTruncated = false): Trace {
  const merged = mergeSubsegments(documents.map((document) => JSON.parse(document) as StandingSegment));
  const known = new Set(merged.flatMap((segment) => [...walk(segment)].map(({ each }) => each.id)));
  const all = [...merged, ...inferredSegments(merged)].toSorted(byStart);
  const root = all.find(({ parent_id: parentId }) => parentId === undefined || !known.has(parentId));
  return { id, segments: root ? [root, ...all.filter((segment) => segment !== root)] : all, isTruncated };
}

const byStart = (one: Segment, other: Segment): number => one.start_time - other.start_time;

/** Subsegments without a parent among the segments, or too deep beneath one, stay as they came. */
function mergeSubsegments(documents: readonly StandingSegment[]): StandingSegment[] {
  const alone = Map.groupBy(
    documents.filter(({ type }) => type === "subsegment"),
    ({ parent_id: parentId }) => parentId,
  );
  const complete = (segment: Segment, depth: number): void => {
    const children = depth < maxDepth ? (alone.get(segment.id) ?? []) : [];
    alone.delete(segment.id);
    if (children.length > 0) segment.subsegments = withChildren(segment.subsegments ?? [], children);
    for (const subsegment of segment.subsegments ?? []) complete(subsegment, depth + 1);
  };
  const segments = documents.filter(({ type }) => type !== "subsegment");
  for (const segment of segments) complete(segment, 0);
  return [...segments, ...[...alone.values()].flat()];
}

/** What was sent alone takes the place of the same subsegment in progress. */
function withChildren(subsegments: readonly Segment[], children: readonly StandingSegment[]): Segment[] {
  const replaced = new Set(children.map(({ id }) => id));
  const inside = children.map(({ trace_id: _trace, parent_id: _parent, type: _type, ...subsegment }) => subsegment);
  return [...subsegments.filter(({ id }) => !replaced.has(id)), ...inside].toSorted(byStart);
}

/** Types of nodes for what the SDKs call by a name. https://docs.aws.amazon.com/xray/latest/devguide/xray-services.html */
const originsByName: Readonly<Record<string, string>> = { DynamoDB: "AWS::DynamoDB::Table", SQS: "AWS::SQS::Queue", S3: "AWS::S3::Bucket" };

/** One for each call to another service that sent no segment of its own. */
function inferredSegments(segments: readonly StandingSegment[]): StandingSegment[] {
  const called = new Set(segments.map(({ parent_id: parentId }) => parentId));
  return segments.flatMap((segment) =>
    [...walk(segment)]
      .filter(
        ({ each, parent }) => parent !== undefined && (each.namespace === "aws" || each.namespace === "remote") && !called.has(each.id),
      )
      .map(({ each }) => inferredFrom(each, segment.trace_id)),
  );
}

function inferredFrom(call: Segment, traceId: string): StandingSegment {
  const { name, start_time, end_time, in_progress, http, aws, namespace } = call;
  return {
    id: createHash("sha256").update(call.id).digest("hex").slice(0, 16),
    name: resourceNameOf(aws) ?? name,
    start_time,
    ...(end_time !== undefined && { end_time }),
    ...(in_progress === true && { in_progress }),
    trace_id: traceId,
    parent_id: call.id,
    inferred: true,
    ...(http && { http }),
    ...(aws && { aws }),
    ...flagsOf(call),
    ...(namespace === "aws" ? { origin: originsByName[name] ?? `AWS::${name}` } : { origin: namespace! }),
  };
}

const flagsOf = ({ error, fault, throttle }: Segment) => ({
  ...(error !== undefined && { error }),
  ...(fault !== undefined && { fault }),
  ...(throttle !== undefined && { throttle }),
});

/** Tables and functions are nodes under their own names. */
const resourceNameOf = (aws: Segment["aws"]): string | undefined => textIn(aws, "table_name") ?? textIn(aws, "function_name");

/** Segments with the segment in which the call was made that each of them serves, if that is in the trace. */
export function callsOf({ segments }: Trace): Array<{ segment: StandingSegment; caller: StandingSegment | undefined }> {
  const callers = new Map<string, StandingSegment>();
  for (const segment of segments) for (const { each } of walk(segment)) callers.set(each.id, segment);
  return segments.map((segment) => ({ segment, caller: segment.parent_id === undefined ? undefined : callers.get(segment.parent_id) }));
}

export const startOf = ({ segments }: Trace): number => Math.min(...segments.map(({ start_time: start }) => start));

/** Seconds from the beginning of the first segment to the end of the last one that has ended. */
export function durationOf(trace: Trace): number {
  const ends = trace.segments.flatMap(({ end_time: end }) => end ?? []);
  return ends.length === 0 ? 0 : Math.max(0, Math.max(...ends) - startOf(trace));
}

/** Annotations of a segment and of all that lies in it. */
export function annotationsOf(segment: Segment): Array<[key: string, value: boolean | number | string]> {
  return [...walk(segment)].flatMap(({ each: { annotations } }) =>
    isObject(annotations)
      ? Object.entries(annotations).filter((entry): entry is [string, boolean | number | string] =>
          ["boolean", "number", "string"].includes(typeof entry[1]),
        )
      : [],
  );
}
