import type { DeleteLogGroupRequest } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "#wire/errors.ts";
import type { LogsOperation, Nothing } from "../state.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html */
export const deleteLogGroup: LogsOperation<DeleteLogGroupRequest, Nothing> = async (input, { state, ...scope }) => {
  const group = await state.groups.find(scope, input.logGroupName);
  if (group.row.is_protected === 1) {
    throw new AwsError("ValidationException", "The specified log group has deletion protection enabled.");
  }
  await state.groups.delete(group);
  return {};
};
