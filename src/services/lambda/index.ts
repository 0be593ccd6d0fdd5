/**
 * AWS Lambda: functions, and the one door through which everything that triggers them comes (invoke.ts). What runs the code is the
 * sandbox, behind the interface of sandbox/contract.ts.
 * https://docs.aws.amazon.com/lambda/latest/api/welcome.html
 */
import { service } from "#wire/service.ts";
import { functionUrlHosts } from "./doors/function-urls/url-hosts.ts";
import { zippedUploadBytes } from "./limits.ts";

export const lambda = service({
  name: "lambda",
  folder: import.meta.dirname,
  model: {
    sdk: () => import("@aws-sdk/client-lambda"),
    signingName: "lambda",
    protocols: ["restJson1"],
    apiVersion: "2015-03-31",
    namespace: "com.amazonaws.lambda",
    payloadContentType: "application/json",
    maximumBodyBytes: zippedUploadBytes,
  },
  open: async () => (await import("./state.ts")).openLambda,
  loops: [
    async () => (await import("./loops/settling.ts")).unsettledFunctions,
    async () => (await import("./loops/async-invocations.ts")).asyncInvocations,
    async () => (await import("./loops/event-source-polling.ts")).eventSourcePolling,
    async () => (await import("./loops/mapping-transitions.ts")).mappingTransitions,
    async () => (state) => state.tracer,
  ],
  doors: [
    async () => (await import("./doors/function-urls/function-urls.ts")).functionUrls,
    async () => (await import("./doors/code-downloads.ts")).codeDownloads,
  ],
  doorHosts: functionUrlHosts,
});
