import type { AliasConfiguration, UpdateAliasRequest } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { type Alias, aliasConfiguration, readRouting } from "../../alias.ts";
import { checkTargets } from "../../alias-targets.ts";
import { aliasNotFoundForUpdate, updateInProgress } from "../../errors.ts";
import { functionArn, parseUnqualifiedName } from "../../function-name.ts";
import { checkRevision } from "../../guards.ts";
import { placeOf } from "../../satellites/place.ts";
import { refuseTwice } from "../../satellites/provisioning.ts";
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
    await checkProvisioned(state, next);
    if (await state.aliases.replace(next, current.revisionId)) {
      await state.provisioning.follow({ ...id, qualifier: next.alias });
      return aliasConfiguration(next);
    }
  }
  throw updateInProgress(functionArn(id, input.Name));
};

/** Rejects if environments of the version that the alias is to lead to are kept ready already, and the alias has such a wish itself. */
async function checkProvisioned(state: LambdaState, next: Alias): Promise<void> {
  const place = placeOf({ ...next, qualifier: next.alias });
  if ((await state.satellites.find("provisioned-concurrency", place)) !== undefined) await refuseTwice(state, place, next);
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
