import type { ListFunctionsByCodeSigningConfigRequest, ListFunctionsByCodeSigningConfigResponse } from "@aws-sdk/client-lambda";
import { functionArn } from "../../function-name.ts";
import { listCodeSigningPageSize } from "../../limits.ts";
import { readMarker, writeMarker } from "../../page-marker.ts";
import { requireCodeSigning } from "../../satellites/code-signing.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionsByCodeSigningConfig.html */
export const listFunctionsByCodeSigningConfig: LambdaOperation<
  ListFunctionsByCodeSigningConfigRequest,
  ListFunctionsByCodeSigningConfigResponse
> = async (input, context) => {
  const { state } = context;
  const arn = input.CodeSigningConfigArn;
  await requireCodeSigning(state, arn, context);
  const pageSize = Math.min(input.MaxItems ?? listCodeSigningPageSize, listCodeSigningPageSize);
  const [afterName = ""] = input.Marker === undefined ? [] : readMarker(input.Marker, /^([\w-]{1,64})$/);
  const rest = (await state.satellites.byLookup("code-signing", arn)).filter(({ place }) => place.name > afterName);
  const page = rest.slice(0, pageSize).map(({ place: { qualifier, ...id } }) => id);
  return { FunctionArns: page.map((id) => functionArn(id)), ...(rest.length > pageSize && { NextMarker: writeMarker(page.at(-1)!.name) }) };
};
