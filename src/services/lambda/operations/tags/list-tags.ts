import type { ListTagsRequest, ListTagsResponse } from "@aws-sdk/client-lambda";
import type { LambdaOperation } from "../../state.ts";
import { findTagged } from "../../tags.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListTags.html */
export const listTags: LambdaOperation<ListTagsRequest, ListTagsResponse> = async (input, context) => ({
  Tags: (await findTagged(context.state, input.Resource, context)).tags,
});
