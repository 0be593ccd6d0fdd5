import type { TagLogGroupRequest } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "#wire/errors.ts";
import type { LogsOperation, Nothing } from "../state.ts";
import { addTags } from "../tags.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagLogGroup.html */
export const tagLogGroup: LogsOperation<TagLogGroupRequest, Nothing> = async (input, { state, ...scope }) => {
  const group = await state.groups.find(scope, input.logGroupName);
  await addTags(state.store, group, input.tags, () => new AwsError("InvalidParameterException", "A log group can have at most 50 tags."));
  return {};
};
