import type { FunctionConfiguration, ListFunctionsRequest, ListFunctionsResponse } from "@aws-sdk/client-lambda";
import { invalidParameter } from "../errors.ts";
import { functionConfiguration } from "../function-configuration.ts";
import { listFunctionsPageSize } from "../limits.ts";
import type { LambdaOperation } from "../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html: pages of 50 at most, whatever MaxItems says. */
export const listFunctions: LambdaOperation<ListFunctionsRequest, ListFunctionsResponse> = async (input, { state, accountId, region }) => {
  const pageSize = Math.min(input.MaxItems ?? listFunctionsPageSize, listFunctionsPageSize);
  const found = await state.store.list({ accountId, region }, input.Marker === undefined ? "" : readMarker(input.Marker), pageSize + 1);
  const page = found.slice(0, pageSize);
  const hasMore = found.length > pageSize;
  return {
    Functions: page.map((version) => withoutStates(functionConfiguration(version, input.FunctionVersion === "ALL"))),
    ...(hasMore && { NextMarker: Buffer.from(page.at(-1)!.name).toString("base64") }),
  };
};

/** "ListFunctions returns a subset of the FunctionConfiguration fields" (same page). */
function withoutStates(configuration: FunctionConfiguration): FunctionConfiguration {
  const { State, StateReason, StateReasonCode, LastUpdateStatus, LastUpdateStatusReason, LastUpdateStatusReasonCode, RuntimeVersionConfig, ...subset } = configuration;
  return subset;
}

function readMarker(marker: string): string {
  const name = Buffer.from(marker, "base64").toString("utf8");
  if (!/^[\w-]{1,64}$/.test(name)) throw invalidParameter("Invalid Marker");
  return name;
}
