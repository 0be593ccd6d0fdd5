import type { UntagResourceRequest, UntagResourceResponse } from "@aws-sdk/client-sns";
import { changeTags } from "../../tagging.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_UntagResource.html */
export const untagResource: SnsOperation<UntagResourceRequest, UntagResourceResponse> = async (input, context) => {
  await changeTags(context, input.ResourceArn, (tags) => tags.filter(({ Key }) => !input.TagKeys.includes(Key!)));
  return {};
};
