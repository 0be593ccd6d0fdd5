import type { DeleteRetentionPolicyRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { LogsOperation, Nothing } from "../state.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteRetentionPolicy.html */
export const deleteRetentionPolicy: LogsOperation<DeleteRetentionPolicyRequest, Nothing> = async (input, { state, ...scope }) => {
  const { row } = await state.groups.find(scope, input.logGroupName);
  await state.store.updateGroup(row.id, { retention_days: null });
  row.retention_days = null;
  return {};
};
