import type { AliasConfiguration, GetAliasRequest } from "@aws-sdk/client-lambda";
import { aliasConfiguration } from "../../alias.ts";
import { aliasNotFound } from "../../errors.ts";
import { functionArn, parseUnqualifiedName } from "../../function-name.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetAlias.html */
export const getAlias: LambdaOperation<GetAliasRequest, AliasConfiguration> = async (input, context) => {
  const id = parseUnqualifiedName(input.FunctionName, context);
  const alias = await context.state.aliases.find(id, input.Name);
  if (alias === undefined) throw aliasNotFound(functionArn(id, input.Name));
  return aliasConfiguration(alias);
};
