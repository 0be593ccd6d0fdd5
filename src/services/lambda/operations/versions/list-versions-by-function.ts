import type { ListVersionsByFunctionRequest, ListVersionsByFunctionResponse } from "@aws-sdk/client-lambda";
import { listedConfiguration } from "../../function-configuration.ts";
import { parseUnqualifiedName } from "../../function-name.ts";
import { versionNumber } from "../../function-version.ts";
import { listVersionsPageSize } from "../../limits.ts";
import { readMarker, writeMarker } from "../../page-marker.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html: $LATEST, then 1, 2, 3 … */
export const listVersionsByFunction: LambdaOperation<ListVersionsByFunctionRequest, ListVersionsByFunctionResponse> = async (
  input,
  context,
) => {
  const { store } = context.state;
  const id = parseUnqualifiedName(input.FunctionName, context);
  await requireLatest(store, id);
  const pageSize = Math.min(input.MaxItems ?? listVersionsPageSize, listVersionsPageSize);
  const [afterNumber = -1] = input.Marker === undefined ? [] : readMarker(input.Marker, /^(\d+)$/).map(Number);
  const found = await store.listVersions(id, afterNumber, pageSize + 1);
  const page = found.slice(0, pageSize);
  const hasMore = found.length > pageSize;
  return {
    Versions: page.map((version) => listedConfiguration(version, version.version)),
    ...(hasMore && { NextMarker: writeMarker(String(versionNumber(page.at(-1)!.version))) }),
  };
};
