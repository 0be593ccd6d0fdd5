import type { DeleteAliasRequest } from "@aws-sdk/client-lambda";
import { parseUnqualifiedName } from "../../function-name.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteAlias.html. One that is not there is as good as deleted. */
export const deleteAlias: LambdaOperation<DeleteAliasRequest, object> = async (input, context) => {
  await context.state.aliases.delete(parseUnqualifiedName(input.FunctionName, context), input.Name);
  return {};
};
