import type { ListLogGroupsRequest, ListLogGroupsResponse, LogGroupClass } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "#wire/errors.ts";
import { groupArn } from "../arns.ts";
import { describePageSize } from "../limits.ts";
import type { LogsOperation } from "../state.ts";
import { readTextToken, writeToken } from "../tokens.ts";

/**
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListLogGroups.html
 * DIVERGES: filters by data source, field index and tag are refused; there are no linked accounts.
 */
export const listLogGroups: LogsOperation<ListLogGroupsRequest, ListLogGroupsResponse> = async (input, { state, ...scope }) => {
  if (input.dataSources ?? input.fieldIndexNames ?? input.logGroupTags) {
    throw new AwsError("InvalidParameterException", "Pilotlight does not filter log groups by data source, field index or tag.");
  }
  const limit = input.limit ?? describePageSize;
  // The model allows names divided by `|`, each with an optional `^`.
  const choices = (input.logGroupNamePattern ?? "").split("|");
  const isWanted = (name: string): boolean =>
    choices.some((choice) => (choice.startsWith("^") ? name.startsWith(choice.slice(1)) : name.includes(choice)));
  const rows = await state.store.listGroups(scope, "", readTextToken(input.nextToken));
  const found = rows.filter((row) => isWanted(row.name) && (input.logGroupClass ?? row.class) === row.class);
  const page = found.slice(0, limit);
  return {
    logGroups: page.map((row) => ({
      logGroupName: row.name,
      logGroupArn: groupArn(scope, row.name),
      logGroupClass: row.class as LogGroupClass,
    })),
    ...(found.length > limit && { nextToken: writeToken(page.at(-1)!.name) }),
  };
};
