import type { PutLogGroupDeletionProtectionRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { LogsOperation, Nothing } from "../state.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogGroupDeletionProtection.html */
export const putLogGroupDeletionProtection: LogsOperation<PutLogGroupDeletionProtectionRequest, Nothing> = async (
  input,
  { state, ...scope },
) => {
  const { row } = await state.groups.resolve(scope, input);
  const isProtected = input.deletionProtectionEnabled ? 1 : 0;
  await state.store.updateGroup(row.id, { is_protected: isProtected });
  row.is_protected = isProtected;
  return {};
};
