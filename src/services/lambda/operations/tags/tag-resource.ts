import type { TagResourceRequest } from "@aws-sdk/client-lambda";
import { invalidParameter } from "../../errors.ts";
import type { LambdaOperation } from "../../state.ts";
import { changeTags } from "../../tags.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_TagResource.html */
export const tagResource: LambdaOperation<TagResourceRequest, object> = async (input, context) => {
  if (Object.keys(input.Tags).length === 0) throw invalidParameter("An error occurred and the request cannot be processed.");
  await changeTags(context.state, input.Resource, context, (tags) => ({ ...tags, ...input.Tags }));
  return {};
};
