/**
 * The policies of functions, versions and aliases, each with the revision of what it hangs on: on AWS the two are one, so a change of
 * the policy is a change of the function's RevisionId.
 */
import { invalidParameter, noSuchResource, resourceConflict } from "../errors.ts";
import type { FunctionReference } from "../function-name.ts";
import { latestVersion } from "../function-version.ts";
import { findHolder, type Place, placeOf, requireHolder } from "./place.ts";
import type { PolicyDocument } from "../resource-policy.ts";
import type { LambdaState } from "../state.ts";

const maximumAttempts = 10;

/** The policy that guards what `reference` names, for whoever evaluates it; undefined if it has none. Answers from memory where it can. */
export function policyOf(
  { satellites }: Pick<LambdaState, "satellites">,
  reference: FunctionReference,
): Promise<PolicyDocument | undefined> {
  return satellites.find("policy", placeOf(reference));
}

/** The policy as the API shows it. Rejects with ResourceNotFoundException if there is none. */
export async function showPolicy(
  state: Pick<LambdaState, "store" | "aliases" | "satellites">,
  reference: FunctionReference,
): Promise<{ Policy: string; RevisionId: string }> {
  const [policy, holder] = await Promise.all([policyOf(state, reference), findHolder(state, placeOf(reference))]);
  if (policy === undefined || holder === undefined) throw noSuchResource();
  return { Policy: JSON.stringify(policy), RevisionId: holder.revisionId };
}

/** Throws if `$LATEST` is named; the function as a whole is what a policy can be for. */
export function refuseLatestPolicy({ qualifier }: FunctionReference): void {
  if (qualifier === latestVersion) throw invalidParameter("We currently do not support adding policies for $LATEST.");
}

/**
 * Replaces a policy by what `change` makes of it, nothing by nothing; returns the new revision. `change` also sees the revision it is
 * based on, and is asked again when somebody else was faster.
 */
export async function changePolicy(
  state: Pick<LambdaState, "store" | "aliases" | "satellites" | "ids">,
  place: Place,
  change: (policy: PolicyDocument | undefined, revisionId: string) => PolicyDocument | undefined,
): Promise<string> {
  const { satellites, store, aliases, ids } = state;
  for (let attempt = 0; attempt < maximumAttempts; attempt++) {
    const holder = await requireHolder(state, place);
    const policy = change(await satellites.find("policy", place), holder.revisionId);
    const statement =
      policy === undefined ? satellites.removing("policy", place) : satellites.putting({ kind: "policy", place, content: policy });
    const revisionId = ids.uuid();
    const isDone =
      "alias" in holder ? await aliases.revise(holder, revisionId, statement) : await store.revise(holder, revisionId, statement);
    satellites.forget(place);
    if (isDone) return revisionId;
  }
  throw resourceConflict("The policy of this resource is being changed by others. Please try again.");
}
