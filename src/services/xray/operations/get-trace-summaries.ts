import type { GetTraceSummariesRequest, GetTraceSummariesResult, TraceSummary } from "@aws-sdk/client-xray";
import { AwsError } from "#wire/errors.ts";
import { type Filter, parseFilter } from "../filter-expression/filter-expression.ts";
import { traceSubject } from "../filter-expression/subject.ts";
import { summariesPerPage, tracesPerRead, tracesScannedPerPage } from "../limits.ts";
import type { XrayOperation, XrayState } from "../state.ts";
import type { FoundTrace, TraceRange } from "../store.ts";
import { summaryOf } from "../summary.ts";
import { checkPeriod, readTraces } from "../traces.ts";

const rangesByType = { TraceId: "start", Event: "activity", Service: "end" } as const;

/**
 * Newest first. A page with a filter may be empty, with more behind it.
 * DIVERGES: all matching traces are answered, also if the request asks for a sample of them (`Sampling`, `SamplingStrategy`).
 * https://docs.aws.amazon.com/xray/latest/api/API_GetTraceSummaries.html
 */
export const getTraceSummaries: XrayOperation<GetTraceSummariesRequest, GetTraceSummariesResult> = async (input, context) => {
  const { state, accountId, region } = context;
  checkPeriod(input.StartTime, input.EndTime);
  const filter = input.FilterExpression?.trim() ? parseFilter(input.FilterExpression) : undefined;
  const range = {
    by: rangesByType[input.TimeRangeType ?? "TraceId"],
    fromMs: input.StartTime.getTime(),
    untilMs: input.EndTime.getTime(),
    after: readToken(input.NextToken),
    limit: tracesPerRead,
  };
  const { summaries, scanned, after } = await collect(state, { accountId, region }, range, filter);
  return {
    TraceSummaries: summaries,
    ApproximateTime: new Date(after?.started_ms ?? range.fromMs),
    TracesProcessedCount: scanned,
    ...(after && { NextToken: writeToken(after) }),
  };
};

interface Page {
  summaries: TraceSummary[];
  scanned: number;
  /** The last trace that was looked at, if there are more. */
  after: FoundTrace | undefined;
}

async function collect(
  { store }: XrayState,
  scope: { accountId: string; region: string },
  range: TraceRange,
  filter: Filter | undefined,
): Promise<Page> {
  const summaries: TraceSummary[] = [];
  let scanned = 0;
  let { after } = range as { after?: FoundTrace | undefined };
  while (summaries.length + range.limit <= summariesPerPage && scanned < tracesScannedPerPage) {
    const found = await store.find(scope, { ...range, after });
    for await (const trace of readTraces(store, scope, found)) {
      if (!filter || filter(traceSubject(trace))) summaries.push(summaryOf(trace, scope.accountId));
    }
    scanned += found.length;
    after = found.at(-1);
    if (found.length < range.limit) return { summaries, scanned, after: undefined };
  }
  return { summaries, scanned, after };
}

const writeToken = ({ started_ms, trace_id }: FoundTrace): string =>
  Buffer.from(JSON.stringify([started_ms, trace_id])).toString("base64url");

function readToken(token: string | undefined): Pick<FoundTrace, "started_ms" | "trace_id"> | undefined {
  if (token === undefined || token === "") return undefined;
  try {
    const [startedMs, traceId] = JSON.parse(Buffer.from(token, "base64url").toString()) as unknown[];
    if (typeof startedMs === "number" && typeof traceId === "string") return { started_ms: startedMs, trace_id: traceId };
  } catch {
    // Falls through to the refusal.
  }
  throw new AwsError("InvalidRequestException", "Invalid NextToken.");
}
