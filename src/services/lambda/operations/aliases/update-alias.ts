import type { AliasConfiguration, UpdateAliasRequest } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { type Alias, aliasConfiguration, readRouting } from "../../alias.ts";
import { checkNewTargets, checkTargets } from "../../alias-targets.ts";
import { aliasNotFoundForUpdate, updateInProgress } from "../../errors.ts";
import { functionArn, parseUnqualifiedName } from "../../function-name.ts";
import { checkRevision } from "../../guards.ts";
import { placeOf } from "../../satellites/place.ts";
import { checkHolder } from "../../satellites/provisioning.ts";
import type { LambdaOperation, LambdaState } from "../../state.ts";

/** Of those who change an alias at once, one gets through per attempt. */
const maximumAttempts = 50;

/** https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html. What the request does not name stays; empty weights end a split. */
export const updateAlias: LambdaOperation<UpdateAliasRequest, AliasConfiguration> = async (input, context) => {
  const { state } = context;
  const id = parseUnqualifiedName(input.FunctionName, context);
  for (let attempt = 0; attempt < maximumAttempts; attempt++) {
    const current = await state.aliases.find(id, input.Name);
    if (current === undefined) throw aliasNotFoundForUpdate(functionArn(id, input.Name));
    checkRevision(current, input.RevisionId);
    const next: Alias = { ...applyUpdate(current, input), revisionId: state.ids.uuid() };
    await checkTargets(state, next);
    await checkNewTargets(state, current, next);
    if (await replace(state, next, current.revisionId)) {
      await state.provisioning.follow({ ...id, qualifier: next.alias });
      return aliasConfiguration(next);
    }
  }
  throw updateInProgress(functionArn(id, input.Name));
};

/** False if somebody was faster. Rejects if the alias has provisioned concurrency, which cannot follow it there. */
function replace(state: LambdaState, next: Alias, expectedRevisionId: string): Promise<boolean> {
  const place = placeOf({ ...next, qualifier: next.alias });
  return state.accountChange.run(async () => {
    if ((await state.satellites.find("provisioned-concurrency", place)) !== undefined) await checkHolder(state, place, next);
    return state.aliases.replace(next, expectedRevisionId);
  });
}

function applyUpdate(current: Alias, input: Present<UpdateAliasRequest>): Alias {
  const { additional: currentAdditional, ...kept } = current;
  const additional = input.RoutingConfig === undefined ? currentAdditional : readRouting(input.RoutingConfig);
  return {
    ...kept,
    version: input.FunctionVersion ?? current.version,
    description: input.Description ?? current.description,
    ...(additional && { additional }),
  };
}
