import type { ListFunctionsRequest, ListFunctionsResponse } from "@aws-sdk/client-lambda";
import { listedConfiguration } from "../../function-configuration.ts";
import { versionNumber } from "../../function-version.ts";
import { listFunctionsPageSize } from "../../limits.ts";
import { readMarker, writeMarker } from "../../page-marker.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html: pages of 50 at most, whatever MaxItems says. */
export const listFunctions: LambdaOperation<ListFunctionsRequest, ListFunctionsResponse> = async (input, { state, accountId, region }) => {
  const isWithPublished = input.FunctionVersion === "ALL";
  const pageSize = Math.min(input.MaxItems ?? listFunctionsPageSize, listFunctionsPageSize);
  const [name = "", number] = input.Marker === undefined ? [] : readMarker(input.Marker, /^([\w-]{1,64}):(\d+)$/);
  const found = await state.store.list({ accountId, region }, { name, number: Number(number ?? 0) }, pageSize + 1, isWithPublished);
  const page = found.slice(0, pageSize);
  const last = found.length > pageSize ? page.at(-1) : undefined;
  return {
    Functions: page.map((version) => listedConfiguration(version, isWithPublished ? version.version : undefined)),
    ...(last && { NextMarker: writeMarker(`${last.name}:${versionNumber(last.version)}`) }),
  };
};
