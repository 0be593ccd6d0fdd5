import type { AliasConfiguration, CreateAliasRequest } from "@aws-sdk/client-lambda";
import { type Alias, aliasConfiguration, readRouting } from "../../alias.ts";
import { checkTargets } from "../../alias-targets.ts";
import { updateInProgress } from "../../errors.ts";
import { functionArn, parseUnqualifiedName } from "../../function-name.ts";
import type { LambdaOperation } from "../../state.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html */
export const createAlias: LambdaOperation<CreateAliasRequest, AliasConfiguration> = async (input, context) => {
  const { state } = context;
  const id = parseUnqualifiedName(input.FunctionName, context);
  const additional = readRouting(input.RoutingConfig ?? {});
  const alias: Alias = {
    ...id,
    alias: input.Name,
    version: input.FunctionVersion,
    ...(additional && { additional }),
    description: input.Description ?? "",
    revisionId: state.ids.uuid(),
  };
  await checkTargets(state, alias);
  if (await state.aliases.create(alias)) return aliasConfiguration(alias);
  // A version was deleted since it was looked at: this says which.
  await checkTargets(state, alias);
  throw updateInProgress(functionArn(id));
};
