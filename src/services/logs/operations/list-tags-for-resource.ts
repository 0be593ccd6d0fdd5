import type { ListTagsForResourceRequest, ListTagsForResourceResponse } from "@aws-sdk/client-cloudwatch-logs";
import type { LogsOperation } from "../state.ts";
import { findTagged } from "../tags.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html */
export const listTagsForResource: LogsOperation<ListTagsForResourceRequest, ListTagsForResourceResponse> = async (
  input,
  { state, ...scope },
) => {
  const { row } = await findTagged(state.groups, scope, input.resourceArn);
  return { tags: await state.store.tags(row.id) };
};
