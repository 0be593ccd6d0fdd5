/** Publishing: numbered copies of $LATEST. https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html */
import { updateInProgress } from "./errors.ts";
import { type FunctionId, functionArn } from "./function-name.ts";
import { type FunctionVersion, hasSameContent, isSettling, publishedAs } from "./function-version.ts";
import { checkSettled } from "./guards.ts";
import { startSettling } from "./settling.ts";
import type { LambdaState } from "./state.ts";
import { requireLatest } from "./store/functions.ts";

export interface Draft {
  version: FunctionVersion;
  /** Not so if nothing has changed since the last version: `version` is that one then. */
  isNew: boolean;
}

/** The version that publishing `latest` now would give. */
export async function draftVersion(
  { store, clock, ids }: Pick<LambdaState, "store" | "clock" | "ids">,
  latest: FunctionVersion,
  description?: string,
): Promise<Draft> {
  const lastNumber = await store.lastNumber(latest);
  const last = await store.find(latest, String(lastNumber));
  if (last !== undefined && hasSameContent(last, latest)) return { version: last, isNew: false };
  const version = publishedAs(latest, {
    number: lastNumber + 1,
    nowMs: clock.now(),
    revisionId: ids.uuid(),
    environmentKey: ids.uuid(),
    description,
  });
  return { version, isNew: true };
}

/** Publishes $LATEST, or returns the last version if nothing has changed since. `check` may refuse what it sees of $LATEST. */
export async function publish(
  state: LambdaState,
  id: FunctionId,
  check: (latest: FunctionVersion) => void,
  description: string | undefined,
): Promise<FunctionVersion> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const latest = await requireLatest(state.store, id);
    check(latest);
    checkSettled(latest);
    const { version, isNew } = await draftVersion(state, latest, description);
    // Somebody else may have published or changed it since we looked: then everything is to be looked at again.
    if (!isNew) return version;
    const next = { ...latest, revisionId: state.ids.uuid() };
    if (!(await state.store.replace(next, latest.revisionId, version))) continue;
    if (isSettling(version)) startSettling(state, version);
    return version;
  }
  throw updateInProgress(functionArn(id));
}
