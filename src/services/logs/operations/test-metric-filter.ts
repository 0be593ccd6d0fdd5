import type { TestMetricFilterRequest, TestMetricFilterResponse } from "@aws-sdk/client-cloudwatch-logs";
import { readPattern } from "../filter.ts";
import type { LogsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TestMetricFilter.html */
export const testMetricFilter: LogsOperation<TestMetricFilterRequest, TestMetricFilterResponse> = (input) => {
  const pattern = readPattern(input.filterPattern);
  return {
    matches: input.logEventMessages
      .map((eventMessage, index) => ({ eventNumber: index + 1, eventMessage }))
      .filter(({ eventMessage }) => pattern.matches(eventMessage))
      .map((match) => ({ ...match, extractedValues: pattern.extract(match.eventMessage) })),
  };
};
