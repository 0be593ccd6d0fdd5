import { type Alias, checkCompatible, checkRouting, versionsOf } from "./alias.ts";
import { resourceNotInState } from "./errors.ts";
import { functionArn } from "./function-name.ts";
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

/** Rejects if the alias would come to lead to a version that could not be made ready. One that leads there already may change otherwise. */
export async function checkNewTargets(state: Pick<LambdaState, "store">, current: Alias, next: Alias): Promise<void> {
  for (const version of versionsOf(next)) {
    if (versionsOf(current).includes(version)) continue;
    const target = await state.store.find(next, version);
    if (target?.state.name === "Failed") throw resourceNotInState(functionArn(next, version), target.state);
  }
}
