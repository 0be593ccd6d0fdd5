/**
 * AWS Lambda: functions, and the one door through which everything that triggers them comes (invoke.ts). What runs the code is the
 * sandbox, behind the interface of sandbox/contract.ts.
 * https://docs.aws.amazon.com/lambda/latest/api/welcome.html
 */
import { service } from "#wire/service.ts";
import { codeDownloads } from "./doors/code-downloads.ts";
import { functionUrlHosts, functionUrls } from "./doors/function-urls/function-urls.ts";
import { zippedUploadBytes } from "./limits.ts";
import { asyncInvocations } from "./loops/async-invocations.ts";
import { eventSourcePolling } from "./loops/event-source-polling.ts";
import { mappingTransitions } from "./loops/mapping-transitions.ts";
import { unsettledFunctions } from "./loops/settling.ts";
import { openLambda } from "./state.ts";

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
  open: openLambda,
  loops: (state) => [
    unsettledFunctions(state),
    asyncInvocations(state),
    eventSourcePolling(state),
    mappingTransitions(state),
    state.tracer,
  ],
  doors: (state) => [functionUrls(state), codeDownloads(state)],
  doorHosts: functionUrlHosts,
});
