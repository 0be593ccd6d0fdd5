/** Traces as they are read: found in the store and put together, a few at a time. */
import { AwsError } from "#wire/errors.ts";
import { maxTracesAtOnce, traceBytes, tracesPerRead } from "./limits.ts";
import type { FoundTrace, XrayStore } from "./store.ts";
import { assembleTrace, type Trace } from "./trace.ts";

interface Scope {
  accountId: string;
  region: string;
}

/** In the order of `found`. Those that have gone meanwhile are left out. */
export async function* readTraces(
  store: XrayStore,
  scope: Scope,
  found: ReadonlyArray<Pick<FoundTrace, "trace_id" | "size_bytes">>,
): AsyncGenerator<Trace> {
  for (let at = 0; at < found.length; at += tracesPerRead) {
    const some = found.slice(at, at + tracesPerRead);
    const ids = some.map(({ trace_id: id }) => id);
    const rows = Map.groupBy(await store.documents(scope, ids), ({ trace_id: id }) => id);
    for (const { trace_id: id, size_bytes: sizeBytes } of some) {
      const documents = rows.get(id)?.map(({ document }) => document) ?? [];
      if (documents.length > 0) yield assembleTrace(id, documents, sizeBytes > traceBytes);
    }
  }
}

/** The traces that a request names. Rejects with InvalidRequestException for too many and for tokens, in AWS's words: https://github.com/boto/boto3/issues/3924 */
export async function tracesOf(
  store: XrayStore,
  scope: Scope,
  { TraceIds, NextToken }: { TraceIds: readonly string[]; NextToken?: string | undefined },
): Promise<{ traces: Trace[]; missing: string[] }> {
  if (NextToken !== undefined) throw new AwsError("InvalidRequestException", "NextToken is currently not supported");
  const ids = [...new Set(TraceIds)];
  if (ids.length > maxTracesAtOnce) throw new AwsError("InvalidRequestException", `Exceeding maximum query size: ${maxTracesAtOnce}`);
  const traces: Trace[] = [];
  for await (const trace of readTraces(store, scope, await store.sizes(scope, ids))) traces.push(trace);
  const found = new Set(traces.map(({ id }) => id));
  return { traces, missing: ids.filter((id) => !found.has(id)) };
}

/** Throws InvalidRequestException unless the one comes before the other. */
export function checkPeriod(start: Date, end: Date): void {
  if (start >= end) throw new AwsError("InvalidRequestException", "StartTime must be before EndTime.");
}
