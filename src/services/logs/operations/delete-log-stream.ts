import type { DeleteLogStreamRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { LogsOperation, Nothing } from "../state.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogStream.html */
export const deleteLogStream: LogsOperation<DeleteLogStreamRequest, Nothing> = async (input, { state, ...scope }) => {
  const group = await state.groups.find(scope, input.logGroupName);
  await state.groups.deleteStream(group, await state.groups.findStream(group, input.logStreamName));
  return {};
};
