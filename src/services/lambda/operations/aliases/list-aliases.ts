import type { ListAliasesRequest, ListAliasesResponse } from "@aws-sdk/client-lambda";
import { aliasConfiguration } from "../../alias.ts";
import { parseUnqualifiedName } from "../../function-name.ts";
import { listAliasesPageSize } from "../../limits.ts";
import { readMarker, writeMarker } from "../../page-marker.ts";
import type { LambdaOperation } from "../../state.ts";
import { requireLatest } from "../../store/functions.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListAliases.html */
export const listAliases: LambdaOperation<ListAliasesRequest, ListAliasesResponse> = async (input, context) => {
  const { store, aliases } = context.state;
  const id = parseUnqualifiedName(input.FunctionName, context);
  await requireLatest(store, id);
  const pageSize = input.MaxItems ?? listAliasesPageSize;
  const [afterAlias = ""] = input.Marker === undefined ? [] : readMarker(input.Marker, /^([\w-]{1,128})$/);
  const found = await aliases.list(id, input.FunctionVersion, afterAlias, pageSize + 1);
  const page = found.slice(0, pageSize);
  const hasMore = found.length > pageSize;
  return { Aliases: page.map(aliasConfiguration), ...(hasMore && { NextMarker: writeMarker(page.at(-1)!.alias) }) };
};
