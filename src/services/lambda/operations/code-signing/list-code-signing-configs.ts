import type { ListCodeSigningConfigsRequest, ListCodeSigningConfigsResponse } from "@aws-sdk/client-lambda";
import { codeSigningConfig } from "../../satellites/code-signing.ts";
import { listCodeSigningPageSize } from "../../limits.ts";
import { readMarker, writeMarker } from "../../page-marker.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListCodeSigningConfigs.html */
export const listCodeSigningConfigs: LambdaOperation<ListCodeSigningConfigsRequest, ListCodeSigningConfigsResponse> = async (
  input,
  context,
) => {
  const pageSize = Math.min(input.MaxItems ?? listCodeSigningPageSize, listCodeSigningPageSize);
  const [afterId = ""] = input.Marker === undefined ? [] : readMarker(input.Marker, /^(csc-[a-z0-9]{17})$/);
  const found = await context.state.codeSigning.list(context, afterId, pageSize + 1);
  const page = found.slice(0, pageSize);
  return { CodeSigningConfigs: page.map(codeSigningConfig), ...(found.length > pageSize && { NextMarker: writeMarker(page.at(-1)!.id) }) };
};
