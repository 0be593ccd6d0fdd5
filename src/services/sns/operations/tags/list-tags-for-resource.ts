import type { ListTagsForResourceRequest, ListTagsForResourceResponse } from "@aws-sdk/client-sns";
import { requireTagged } from "../../tagging.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_ListTagsForResource.html */
export const listTagsForResource: SnsOperation<ListTagsForResourceRequest, ListTagsForResourceResponse> = async (input, context) => {
  const { tags } = await requireTagged(context, input.ResourceArn);
  return { Tags: [...tags] };
};
