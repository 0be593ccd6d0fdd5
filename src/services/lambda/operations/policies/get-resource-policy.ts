import type { GetResourcePolicyRequest, GetResourcePolicyResponse } from "@aws-sdk/client-lambda";
import { parseFunctionName } from "../../function-name.ts";
import { showPolicy } from "../../satellites/policies.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetResourcePolicy.html */
export const getResourcePolicy: LambdaOperation<GetResourcePolicyRequest, GetResourcePolicyResponse> = async (input, context) => {
  const reference = parseFunctionName(input.ResourceArn, context);
  await requireLatest(context.state.store, reference);
  return showPolicy(context.state, reference);
};
