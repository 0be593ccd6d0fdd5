/**
 * The policies of functions, versions and aliases, each with the revision of what it hangs on: on AWS the two are one, so a change of
 * the policy is a change of the function's RevisionId.
 */
import { type Alias } from "./alias.ts";
import { aliasNotFound, functionNotFound, resourceConflict } from "./errors.ts";
import { type FunctionId, type FunctionReference, functionArn } from "./function-name.ts";
import { type FunctionVersion, latestVersion } from "./function-version.ts";
import { isAliasName } from "./qualifiers.ts";
import type { PolicyDocument } from "./resource-policy.ts";
import type { Place } from "./satellite.ts";
import type { LambdaState } from "./state.ts";

type PolicyState = Pick<LambdaState, "store" | "aliases" | "satellites" | "ids">;

/** The policy that guards an invocation of what `reference` names, for whoever evaluates it. Answers from memory where it can. */
export function policyOf({ satellites }: Pick<LambdaState, "satellites">, reference: FunctionReference): Promise<PolicyDocument | undefined> {
  return satellites.find("policy", placeOf(reference));
}

/** Without a qualifier the function as a whole, whose satellites hang on $LATEST. */
export const placeOf = ({ qualifier = latestVersion, ...id }: FunctionReference): Place => ({ ...id, qualifier });

/** The version or alias a satellite may hang on. Rejects with ResourceNotFoundException, in AWS's words for this kind of operation. */
export async function requireHolder({ store, aliases }: Pick<LambdaState, "store" | "aliases">, { qualifier, ...id }: Place): Promise<FunctionVersion | Alias> {
  const holder = await (isAliasName(qualifier) ? aliases.find(id, qualifier) : store.find(id, qualifier));
  if (holder !== undefined) return holder;
  throw isAliasName(qualifier) ? aliasNotFound(functionArn(id, qualifier)) : functionNotFound(functionArn(id, qualifier));
}

export async function hasFunction({ store }: Pick<LambdaState, "store">, id: FunctionId): Promise<boolean> {
  return (await store.find(id, latestVersion)) !== undefined;
}

/**
 * Replaces a policy by what `change` makes of it, nothing by nothing; returns the new revision. `change` also sees the revision it is
 * based on, and is asked again when somebody else was faster.
 */
export async function changePolicy(
  state: PolicyState,
  place: Place,
  change: (policy: PolicyDocument | undefined, revisionId: string) => PolicyDocument | undefined,
): Promise<string> {
  const { satellites, store, aliases, ids } = state;
  for (let attempt = 0; attempt < maximumAttempts; attempt++) {
    const holder = await requireHolder(state, place);
    const policy = change(await satellites.find("policy", place), holder.revisionId);
    const statement = policy === undefined ? satellites.removing("policy", place) : satellites.putting({ kind: "policy", place, content: policy });
    const revisionId = ids.uuid();
    const isDone = "alias" in holder ? await aliases.revise(holder, revisionId, statement) : await store.revise(holder, revisionId, statement);
    satellites.forget(place);
    if (isDone) return revisionId;
  }
  throw resourceConflict("The policy of this resource is being changed by others. Please try again.");
}

const maximumAttempts = 10;
