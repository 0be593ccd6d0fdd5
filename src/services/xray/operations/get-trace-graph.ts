import type { GetTraceGraphRequest, GetTraceGraphResult } from "@aws-sdk/client-xray";
import { serviceGraph } from "../service-graph.ts";
import type { XrayOperation } from "../state.ts";
import { tracesOf } from "../traces.ts";

/** https://docs.aws.amazon.com/xray/latest/api/API_GetTraceGraph.html */
export const getTraceGraph: XrayOperation<GetTraceGraphRequest, GetTraceGraphResult> = async (input, { state, accountId, region }) => {
  const { traces } = await tracesOf(state.store, { accountId, region }, input);
  return { Services: serviceGraph(traces, accountId) };
};
