/**
 * AWS X-Ray: segments of traces, taken from daemons, SDKs and Lambda, kept for thirty days and put together when somebody asks. A document is stored
 * as it came (store.ts); traces, summaries and graphs are made of documents when they are read (trace.ts, summary.ts, service-graph.ts), so that
 * what arrives late or twice needs no care. What was accepted can go on as OTLP to another system (otlp/).
 * https://docs.aws.amazon.com/xray/latest/api/Welcome.html
 */
import { service } from "#wire/service.ts";
import { maxBodyBytes } from "./limits.ts";
import type { XrayState } from "./state.ts";

export const xray = service({
  name: "xray",
  folder: import.meta.dirname,
  model: {
    sdk: () => import("@aws-sdk/client-xray"),
    signingName: "xray",
    protocols: ["restJson1"],
    apiVersion: "2016-04-12",
    namespace: "com.amazonaws.xray",
    validationErrorCode: "InvalidRequestException",
    maximumBodyBytes: maxBodyBytes,
  },
  open: async () => (await import("./state.ts")).openXray,
  loops: [async () => (await import("./loops/sweeping.ts")).sweeping, async () => (state: XrayState) => state.spans],
});
