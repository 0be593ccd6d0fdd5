import type { GetServiceGraphRequest, GetServiceGraphResult } from "@aws-sdk/client-xray";
import { AwsError } from "#wire/errors.ts";
import { bytesPerGraph, tracesPerGraph } from "../limits.ts";
import { serviceGraph } from "../service-graph.ts";
import type { XrayOperation } from "../state.ts";
import type { Trace } from "../trace.ts";
import { checkPeriod, readTraces } from "../traces.ts";

/** DIVERGES: the graph is drawn from the newest traces of the period, 2,000 or 64 MB at most. https://docs.aws.amazon.com/xray/latest/api/API_GetServiceGraph.html */
export const getServiceGraph: XrayOperation<GetServiceGraphRequest, GetServiceGraphResult> = async (input, context) => {
  const { state, accountId, region } = context;
  checkPeriod(input.StartTime, input.EndTime);
  if ((input.GroupName ?? "Default") !== "Default" || input.GroupARN !== undefined) {
    throw new AwsError("InvalidRequestException", "Group not found.");
  }
  const scope = { accountId, region };
  const [fromMs, untilMs] = [input.StartTime.getTime(), input.EndTime.getTime()];
  const found = await state.store.find(scope, { by: "start", fromMs, untilMs, limit: tracesPerGraph });
  let sizeBytes = 0;
  const kept = found.filter(({ size_bytes }) => (sizeBytes += size_bytes) <= bytesPerGraph);
  const traces: Trace[] = [];
  for await (const trace of readTraces(state.store, scope, kept)) traces.push(trace);
  return { StartTime: input.StartTime, EndTime: input.EndTime, Services: serviceGraph(traces, accountId), ContainsOldGroupVersions: false };
};
