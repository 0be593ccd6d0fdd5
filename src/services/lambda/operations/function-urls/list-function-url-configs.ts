import type { ListFunctionUrlConfigsRequest, ListFunctionUrlConfigsResponse } from "@aws-sdk/client-lambda";
import { parseUnqualifiedName } from "../../function-name.ts";
import { checkUrlPlace, functionUrlConfig } from "../../satellites/function-url.ts";
import { placeOf } from "../../satellites/place.ts";
import { pageOf } from "../../satellites/page.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionUrlConfigs.html */
export const listFunctionUrlConfigs: LambdaOperation<ListFunctionUrlConfigsRequest, ListFunctionUrlConfigsResponse> = async (
  input,
  context,
) => {
  const { state, endpoint } = context;
  const id = parseUnqualifiedName(input.FunctionName, context);
  await checkUrlPlace(state, placeOf(id));
  const { items, next } = pageOf(await state.satellites.list("url", id), input);
  return { FunctionUrlConfigs: items.map(({ place, content }) => functionUrlConfig(place, content, endpoint)), ...next };
};
