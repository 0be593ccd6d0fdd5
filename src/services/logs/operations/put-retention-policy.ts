import type { PutRetentionPolicyRequest } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "#wire/errors.ts";
import { retentionDays } from "../limits.ts";
import type { LogsOperation, Nothing } from "../state.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const putRetentionPolicy: LogsOperation<PutRetentionPolicyRequest, Nothing> = async (input, { state, ...scope }) => {
  const days = input.retentionInDays;
  if (!retentionDays.includes(days)) {
    const message = `1 validation error detected: Value '${days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${retentionDays.join(", ")}]`;
    throw new AwsError("InvalidParameterException", message);
  }
  const { row } = await state.groups.find(scope, input.logGroupName);
  await state.store.updateGroup(row.id, { retention_days: days });
  row.retention_days = days;
  return {};
};
