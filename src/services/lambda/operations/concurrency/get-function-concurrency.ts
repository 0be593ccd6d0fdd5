import type { GetFunctionConcurrencyRequest, GetFunctionConcurrencyResponse } from "@aws-sdk/client-lambda";
import { parseUnqualifiedName } from "../../function-name.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConcurrency.html */
export const getFunctionConcurrency: LambdaOperation<GetFunctionConcurrencyRequest, GetFunctionConcurrencyResponse> = async (
  input,
  context,
) => {
  const { store, admission } = context.state;
  const id = parseUnqualifiedName(input.FunctionName, context);
  await requireLatest(store, id);
  const reserved = await admission.reservedFor(id);
  return reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved };
};
