import type { TagResourceRequest } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "#wire/errors.ts";
import type { LogsOperation, Nothing } from "../state.ts";
import { addTags, findTagged } from "../tags.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html */
export const tagResource: LogsOperation<TagResourceRequest, Nothing> = async (input, { state, ...scope }) => {
  const { resourceArn: resourceName, tags } = input;
  const group = await findTagged(state.groups, scope, resourceName);
  await addTags(
    state.store,
    group,
    tags,
    () => new AwsError("TooManyTagsException", "A resource can have at most 50 tags.", { resourceName }),
  );
  return {};
};
