import type { ListFunctionEventInvokeConfigsRequest, ListFunctionEventInvokeConfigsResponse } from "@aws-sdk/client-lambda";
import { checkEventInvokePlace, eventInvokeConfig } from "../../satellites/event-invoke.ts";
import { parseUnqualifiedName } from "../../function-name.ts";
import { placeOf } from "../../satellites/place.ts";
import { pageOf } from "../../satellites/page.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionEventInvokeConfigs.html */
export const listFunctionEventInvokeConfigs: LambdaOperation<
  ListFunctionEventInvokeConfigsRequest,
  ListFunctionEventInvokeConfigsResponse
> = async (input, context) => {
  const { state } = context;
  const id = parseUnqualifiedName(input.FunctionName, context);
  await checkEventInvokePlace(state, placeOf(id));
  const { items, next } = pageOf(await state.satellites.list("event-invoke", id), input);
  return { FunctionEventInvokeConfigs: items.map(({ place, content }) => eventInvokeConfig(place, content)), ...next };
};
