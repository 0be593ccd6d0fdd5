import type { FunctionEventInvokeConfig, UpdateFunctionEventInvokeConfigRequest } from "@aws-sdk/client-lambda";
import {
  checkEventInvokePlace,
  type EventInvokeConfig,
  eventInvokeConfig,
  noEventInvokeConfig,
  readEventInvoke,
} from "../../satellites/event-invoke.ts";
import { parseFunctionName } from "../../function-name.ts";
import { placeOf } from "../../satellites/place.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionEventInvokeConfig.html. What the request does not name stays. */
export const updateFunctionEventInvokeConfig: LambdaOperation<UpdateFunctionEventInvokeConfigRequest, FunctionEventInvokeConfig> = async (
  input,
  context,
) => {
  const { state } = context;
  const place = placeOf(parseFunctionName(input.FunctionName, context, input.Qualifier));
  await checkEventInvokePlace(state, place);
  const changes = await readEventInvoke(state, place, input);
  const modifiedMs = state.clock.now();
  const updated = await state.satellites.change("event-invoke", place, ({ onSuccessArn, onFailureArn, ...limits }): EventInvokeConfig => ({
    ...limits,
    // Destinations come and go together.
    ...(input.DestinationConfig === undefined && {
      ...(onSuccessArn !== undefined && { onSuccessArn }),
      ...(onFailureArn !== undefined && { onFailureArn }),
    }),
    ...changes,
    modifiedMs,
  }));
  if (updated === undefined) throw noEventInvokeConfig(place);
  return eventInvokeConfig(place, updated);
};
