import type { UntagResourceRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { LogsOperation, Nothing } from "../state.ts";
import { findTagged } from "../tags.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_UntagResource.html */
export const untagResource: LogsOperation<UntagResourceRequest, Nothing> = async (input, { state, ...scope }) => {
  const { row } = await findTagged(state.groups, scope, input.resourceArn);
  if (input.tagKeys.length > 0) await state.store.deleteTags(row.id, input.tagKeys);
  return {};
};
