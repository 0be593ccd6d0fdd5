import { type Alias, checkCompatible, checkRouting, versionsOf } from "./alias.ts";
import type { LambdaState } from "./state.ts";
import { requireVersion } from "./qualifiers.ts";

/** Rejects unless an alias may lead where it leads: versions that exist, are published where they share it, and fit each other. */
export async function checkTargets(state: Pick<LambdaState, "store" | "aliases">, alias: Alias): Promise<void> {
  checkRouting(alias);
  const { accountId, region, name } = alias;
  const [first, second] = await Promise.all(
    versionsOf(alias).map((qualifier) => requireVersion(state, { accountId, region, name, qualifier })),
  );
  if (second !== undefined) checkCompatible(first!, second);
}
