import type { GetPolicyRequest, GetPolicyResponse } from "@aws-sdk/client-lambda";
import { parseFunctionName } from "../../function-name.ts";
import { showPolicy } from "../../satellites/policies.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html */
export const getPolicy: LambdaOperation<GetPolicyRequest, GetPolicyResponse> = async (input, context) => {
  const reference = parseFunctionName(input.FunctionName, context, input.Qualifier);
  await requireLatest(context.state.store, reference);
  return showPolicy(context.state, reference);
};
