import type { UntagResourceRequest } from "@aws-sdk/client-lambda";
import type { LambdaOperation } from "../../state.ts";
import { changeTags } from "../../tags.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_UntagResource.html */
export const untagResource: LambdaOperation<UntagResourceRequest, object> = async (input, context) => {
  const gone = new Set(input.TagKeys);
  await changeTags(context.state, input.Resource, context, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))),
  );
  return {};
};
