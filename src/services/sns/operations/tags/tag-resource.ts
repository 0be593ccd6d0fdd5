import type { TagResourceRequest, TagResourceResponse } from "@aws-sdk/client-sns";
import { mergeTags } from "../../topic.ts";
import { changeTags } from "../../tagging.ts";
import type { SnsOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/sns/latest/api/API_TagResource.html */
export const tagResource: SnsOperation<TagResourceRequest, TagResourceResponse> = async (input, context) => {
  await changeTags(context, input.ResourceArn, (tags) => mergeTags(tags, input.Tags));
  return {};
};
