import type { TagResourceRequest } from "@aws-sdk/client-lambda";
import type { LambdaOperation } from "../../state.ts";
import { changeTags } from "../../tags.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_TagResource.html */
export const tagResource: LambdaOperation<TagResourceRequest, object> = async (input, context) => {
  await changeTags(context.state, input.Resource, context, (tags) => ({ ...tags, ...input.Tags }));
  return {};
};
