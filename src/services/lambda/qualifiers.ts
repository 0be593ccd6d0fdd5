/**
 * What a qualifier means: nothing is $LATEST, `$LATEST` and numbers are versions, every other word is an alias. Whoever takes a qualifier
 * asks here. https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html#versioning-versions-using
 */
import { type Eventual, whenKnown } from "#kit/eventual.ts";
import { chooseVersion } from "./alias.ts";
import { functionNotFound } from "./errors.ts";
import { type FunctionReference, functionArn } from "./function-name.ts";
import { type FunctionVersion, latestVersion } from "./function-version.ts";
import type { LambdaState } from "./state.ts";

type Stores = Pick<LambdaState, "store" | "aliases">;

export const isAliasName = (qualifier: string): boolean => /^(?!\d+$)[\w-]+$/.test(qualifier);

/** The version a reference names: of an alias, the first one. Rejects with ResourceNotFoundException, which names the ARN as called. */
export async function requireVersion(stores: Stores, reference: FunctionReference): Promise<FunctionVersion> {
  return resolve(stores, reference, () => 1);
}

/** The version that serves an invocation: an alias with a second version draws one each time. At hand but for the first time. */
export function requireServing(state: Stores & Pick<LambdaState, "ids">, reference: FunctionReference): Eventual<FunctionVersion> {
  return resolve(state, reference, () => state.ids.fraction());
}

function resolve({ store, aliases }: Stores, reference: FunctionReference, drawFraction: () => number): Eventual<FunctionVersion> {
  const { qualifier = latestVersion } = reference;
  const version = whenKnown(isAliasName(qualifier) ? aliases.find(reference, qualifier) : undefined, (alias) =>
    store.find(reference, alias === undefined ? qualifier : chooseVersion(alias, drawFraction)),
  );
  return whenKnown(version, (found) => {
    if (found === undefined) throw functionNotFound(functionArn(reference, reference.qualifier));
    return found;
  });
}
