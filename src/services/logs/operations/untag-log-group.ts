import type { UntagLogGroupRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { LogsOperation, Nothing } from "../state.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_UntagLogGroup.html */
export const untagLogGroup: LogsOperation<UntagLogGroupRequest, Nothing> = async (input, { state, ...scope }) => {
  const { row } = await state.groups.find(scope, input.logGroupName);
  await state.store.deleteTags(row.id, input.tags);
  return {};
};
