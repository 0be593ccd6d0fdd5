import { updateInProgress } from "./errors.ts";
import { functionArn } from "./function-name.ts";
import { type FunctionVersion, updating } from "./function-version.ts";
import { checkRevision, checkSettled } from "./guards.ts";
import { draftVersion } from "./publishing.ts";
import { startSettling } from "./settling.ts";
import type { LambdaState } from "./state.ts";

export interface Change {
  expectedRevisionId: string | undefined;
  /** Whether the outcome becomes a version in the same breath. */
  isPublished?: boolean | undefined;
  apply(latest: FunctionVersion): FunctionVersion;
}

/**
 * Changes $LATEST: guards the revision, refuses while another update is under way, writes, retires the old environments and starts
 * making the new ones possible. Returns what the caller is shown: $LATEST with `LastUpdateStatus: InProgress`, or the published version.
 */
export async function changeLatest(
  state: LambdaState,
  current: FunctionVersion,
  { expectedRevisionId, isPublished, apply }: Change,
): Promise<FunctionVersion> {
  checkRevision(current, expectedRevisionId);
  checkSettled(current);
  const next: FunctionVersion = {
    ...apply(current),
    modifiedMs: state.clock.now(),
    revisionId: state.ids.uuid(),
    environmentKey: state.ids.uuid(),
    lastUpdate: updating,
  };
  const draft = isPublished ? await draftVersion(state, next) : undefined;
  const added = draft?.isNew ? draft.version : undefined;
  if (!(await state.store.replace(next, current.revisionId, added))) throw updateInProgress(functionArn(current));
  retire(state, current);
  startSettling(state, next);
  if (added) startSettling(state, added);
  return draft?.version ?? next;
}

/** Ends the environments of what was replaced or deleted, then its package if nobody else uses it. Nobody waits for that. */
export function retire({ sandbox, packages, log }: Pick<LambdaState, "sandbox" | "packages" | "log">, previous: FunctionVersion): void {
  sandbox
    .retire(previous.environmentKey)
    .then(() => packages.removeUnusedOf(previous))
    .catch((error: unknown) => log.error("a code package could not be removed", { function: previous.name, error }));
}
