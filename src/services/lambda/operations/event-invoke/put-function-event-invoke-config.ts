import type { FunctionEventInvokeConfig, PutFunctionEventInvokeConfigRequest } from "@aws-sdk/client-lambda";
import {
  checkEventInvokePlace,
  type EventInvokeConfig,
  eventInvokeConfig,
  noSuchFunction,
  readEventInvoke,
} from "../../satellites/event-invoke.ts";
import { parseFunctionName } from "../../function-name.ts";
import { placeOf } from "../../satellites/place.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html. Replaces what was there as a whole. */
export const putFunctionEventInvokeConfig: LambdaOperation<PutFunctionEventInvokeConfigRequest, FunctionEventInvokeConfig> = async (
  input,
  context,
) => {
  const { state } = context;
  const place = placeOf(parseFunctionName(input.FunctionName, context, input.Qualifier));
  await checkEventInvokePlace(state, place);
  const content: EventInvokeConfig = { ...(await readEventInvoke(state, place, input)), modifiedMs: state.clock.now() };
  if (!(await state.satellites.put({ kind: "event-invoke", place, content }))) throw noSuchFunction();
  return eventInvokeConfig(place, content);
};
