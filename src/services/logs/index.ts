/**
 * Amazon CloudWatch Logs: groups of streams of events, reading and searching them, tailing them live. What groups and streams there are
 * stands in SQL (store.ts); the events stand in append-only logs, one per group (src/storage/append-log.ts). A group and a stream have ids that
 * are never used again, so that one that is deleted and made anew begins empty.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html
 */
import { every } from "#wire/every.ts";
import { service } from "#wire/service.ts";
import { sweep } from "./loops/sweep.ts";
import { activityIntervalMs, sweepIntervalMs } from "./limits.ts";

export const logs = service({
  name: "logs",
  folder: import.meta.dirname,
  model: {
    sdk: () => import("@aws-sdk/client-cloudwatch-logs"),
    signingName: "logs",
    protocols: ["awsJson1_1"],
    apiVersion: "2014-03-28",
    namespace: "com.amazonaws.cloudwatchlogs",
    targetPrefix: "Logs_20140328",
    validationErrorCode: "InvalidParameterException",
  },
  open: async () => (await import("./state.ts")).openLogs,
  loops: [
    async () => (state) =>
      every(activityIntervalMs, "noting when groups were written to", state, () => state.groups.saveActivity(), { atStop: true }),
    async () => (state) => every(sweepIntervalMs, "a sweep of logs", state, () => sweep(state)),
  ],
});
