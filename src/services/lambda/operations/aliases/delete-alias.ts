import type { DeleteAliasRequest } from "@aws-sdk/client-lambda";
import { parseUnqualifiedName } from "../../function-name.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteAlias.html. One that is not there is as good as deleted. */
export const deleteAlias: LambdaOperation<DeleteAliasRequest, object> = async (input, context) => {
  const { aliases, provisioning } = context.state;
  const id = parseUnqualifiedName(input.FunctionName, context);
  await aliases.delete(id, input.Name);
  await provisioning.follow({ ...id, qualifier: input.Name });
  return {};
};
