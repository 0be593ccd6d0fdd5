import type { Concurrency, PutFunctionConcurrencyRequest } from "@aws-sdk/client-lambda";
import { checkReservation } from "../../satellites/concurrency.ts";
import { functionNotFound } from "../../errors.ts";
import { functionArn, parseUnqualifiedName } from "../../function-name.ts";
import { latestVersion } from "../../function-version.ts";
import { placeOf, requireHolder } from "../../satellites/place.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html. 0 switches the function off. */
export const putFunctionConcurrency: LambdaOperation<PutFunctionConcurrencyRequest, Concurrency> = async (input, context) => {
  const { state } = context;
  const place = placeOf(parseUnqualifiedName(input.FunctionName, context));
  const executions = input.ReservedConcurrentExecutions;
  await state.accountChange.run(async () => {
    await requireHolder(state, place);
    await checkReservation(state, place, executions);
    const isDone = await state.satellites.put({ kind: "reserved-concurrency", place, content: { executions } });
    if (!isDone) throw functionNotFound(functionArn(place, latestVersion));
  });
  return { ReservedConcurrentExecutions: executions };
};
