import type { BatchGetTracesRequest, BatchGetTracesResult } from "@aws-sdk/client-xray";
import type { XrayOperation } from "../state.ts";
import { rounded } from "../summary.ts";
import { durationOf, type Trace } from "../trace.ts";
import { tracesOf } from "../traces.ts";

/** https://docs.aws.amazon.com/xray/latest/api/API_BatchGetTraces.html */
export const batchGetTraces: XrayOperation<BatchGetTracesRequest, BatchGetTracesResult> = async (input, { state, accountId, region }) => {
  const { traces, missing } = await tracesOf(state.store, { accountId, region }, input);
  return { Traces: traces.map(shown), UnprocessedTraceIds: missing };
};

function shown(trace: Trace): NonNullable<BatchGetTracesResult["Traces"]>[number] {
  return {
    Id: trace.id,
    Duration: rounded(durationOf(trace)),
    LimitExceeded: trace.isTruncated,
    Segments: trace.segments.map((segment) => ({ Id: segment.id, Document: JSON.stringify(segment) })),
  };
}
