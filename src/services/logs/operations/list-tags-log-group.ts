import type { ListTagsLogGroupRequest, ListTagsLogGroupResponse } from "@aws-sdk/client-cloudwatch-logs";
import type { LogsOperation } from "../state.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsLogGroup.html */
export const listTagsLogGroup: LogsOperation<ListTagsLogGroupRequest, ListTagsLogGroupResponse> = async (input, { state, ...scope }) => {
  const { row } = await state.groups.find(scope, input.logGroupName);
  return { tags: await state.store.tags(row.id) };
};
