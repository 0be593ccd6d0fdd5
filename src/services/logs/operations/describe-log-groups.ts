import type { DescribeLogGroupsRequest, DescribeLogGroupsResponse, LogGroup } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "#wire/errors.ts";
import { groupArn } from "../arns.ts";
import { describePageSize } from "../limits.ts";
import type { LogsOperation } from "../state.ts";
import type { GroupRow } from "../store.ts";
import { readTextToken, writeToken } from "../tokens.ts";

/**
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
 * DIVERGES: accountIdentifiers and includeLinkedAccounts find nothing more, there being no linked accounts.
 */
export const describeLogGroups: LogsOperation<DescribeLogGroupsRequest, DescribeLogGroupsResponse> = async (input, { state, ...scope }) => {
  const { logGroupNamePrefix, logGroupNamePattern, logGroupClass, logGroupIdentifiers, limit = describePageSize } = input;
  if (logGroupNamePrefix !== undefined && logGroupNamePattern !== undefined) {
    throw new AwsError("InvalidParameterException", "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  }
  await state.groups.saveActivity();
  const names = logGroupIdentifiers && new Set(logGroupIdentifiers.map((identifier) => state.groups.nameOf(scope, identifier)));
  const rows = await state.store.listGroups(scope, logGroupNamePrefix, readTextToken(input.nextToken));
  const found = rows.filter(
    (row) => row.name.includes(logGroupNamePattern ?? "") && (logGroupClass ?? row.class) === row.class && (names?.has(row.name) ?? true),
  );
  const page = found.slice(0, limit);
  return { logGroups: page.map(describe), ...(found.length > limit && { nextToken: writeToken(page.at(-1)!.name) }) };
};

function describe(row: GroupRow): LogGroup {
  const logGroupArn = groupArn({ accountId: row.account_id, region: row.region }, row.name);
  return {
    logGroupName: row.name,
    creationTime: row.created_at_ms,
    ...(row.retention_days !== null && { retentionInDays: row.retention_days }),
    metricFilterCount: 0,
    arn: `${logGroupArn}:*`,
    storedBytes: row.stored_bytes,
    ...(row.kms_key_id !== null && { kmsKeyId: row.kms_key_id }),
    logGroupClass: row.class as NonNullable<LogGroup["logGroupClass"]>,
    logGroupArn,
    deletionProtectionEnabled: row.is_protected === 1,
  };
}
