/**
 * Which services call which: nodes are segments of the same name and type, edges lead from the segment in which a call was made to the one that
 * served it, and a client stands before each root. Pure. https://docs.aws.amazon.com/xray/latest/api/API_Service.html
 */
import type { Edge, HistogramEntry, Service, ServiceStatistics } from "@aws-sdk/client-xray";
import type { Segment } from "./segment.ts";
import { nodeKey, rounded, serviceIdOf } from "./summary.ts";
import { callsOf, type Trace } from "./trace.ts";

interface Node {
  referenceId: number;
  segment: Segment;
  isClient: boolean;
  isRoot: boolean;
  calls: Segment[];
  /** Calls that lead on, by the node that served them. */
  edges: Map<Node, Segment[]>;
}

export function serviceGraph(traces: readonly Trace[], accountId: string): Service[] {
  const nodes = new Map<string, Node>();
  const nodeOf = (key: string, segment: Segment, isClient = false): Node => {
    let node = nodes.get(key);
    if (node === undefined) {
      node = { referenceId: nodes.size, segment, isClient, isRoot: false, calls: [], edges: new Map() };
      nodes.set(key, node);
    }
    return node;
  };
  for (const { segment, caller } of traces.flatMap(callsOf)) {
    const node = nodeOf(nodeKey(segment), segment);
    const from = caller ? nodeOf(nodeKey(caller), caller) : nodeOf(`${nodeKey(segment)}\nclient`, segment, true);
    if (!caller) node.isRoot = true;
    node.calls.push(segment);
    const edge = from.edges.get(node);
    if (edge) edge.push(segment);
    else from.edges.set(node, [segment]);
  }
  return [...nodes.values()].map((node) => serviceOf(node, accountId));
}

function serviceOf(node: Node, accountId: string): Service {
  const { segment, isClient, isRoot, calls, edges } = node;
  const { Name, Names, Type } = serviceIdOf(segment, accountId);
  const seen = isClient ? [...edges.values()].flat() : calls;
  return {
    ReferenceId: node.referenceId,
    Name,
    Names,
    ...(isRoot && { Root: true }),
    ...(!isClient && { AccountId: accountId }),
    ...(isClient ? { Type: "client" } : Type !== undefined && { Type }),
    State: isClient || segment.inferred === true ? "unknown" : "active",
    ...period(seen),
    Edges: [...edges].map(([to, served]) => edgeOf(to, served)),
    ...(!isClient && {
      SummaryStatistics: statisticsOf(calls),
      DurationHistogram: histogramOf(calls),
      ResponseTimeHistogram: histogramOf(calls),
    }),
  };
}

const edgeOf = (to: Node, served: readonly Segment[]): Edge => ({
  ReferenceId: to.referenceId,
  ...period(served),
  SummaryStatistics: statisticsOf(served),
  ResponseTimeHistogram: histogramOf(served),
  Aliases: [],
});

function period(segments: readonly Segment[]): { StartTime: Date; EndTime: Date } {
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const { start_time: start, end_time: end = start } of segments) {
    first = Math.min(first, start);
    last = Math.max(last, end);
  }
  return { StartTime: new Date(first * 1_000), EndTime: new Date(last * 1_000) };
}

function statisticsOf(segments: readonly Segment[]): ServiceStatistics {
  const count = (isOne: (segment: Segment) => boolean): number => segments.filter(isOne).length;
  const throttles = count(({ throttle }) => throttle === true);
  const errors = count(({ error, throttle, fault }) => fault !== true && throttle !== true && error === true);
  const faults = count(({ fault, throttle }) => fault === true && throttle !== true);
  return {
    OkCount: segments.length - throttles - errors - faults,
    ErrorStatistics: { ThrottleCount: throttles, OtherCount: errors, TotalCount: throttles + errors },
    FaultStatistics: { OtherCount: faults, TotalCount: faults },
    TotalCount: segments.length,
    TotalResponseTime: rounded(segments.reduce((sum, segment) => sum + responseTime(segment), 0)),
  };
}

/** One entry for each response time, in milliseconds. */
function histogramOf(segments: readonly Segment[]): HistogramEntry[] {
  const counts = new Map<number, number>();
  for (const segment of segments) {
    if (segment.end_time === undefined) continue;
    const time = rounded(responseTime(segment));
    counts.set(time, (counts.get(time) ?? 0) + 1);
  }
  return [...counts].map(([Value, Count]) => ({ Value, Count }));
}

const responseTime = ({ start_time: start, end_time: end = start }: Segment): number => Math.max(0, end - start);
