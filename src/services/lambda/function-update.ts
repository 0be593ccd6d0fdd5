import { revisionMismatch, updateInProgress } from "./errors.ts";
import { functionArn } from "./function-name.ts";
import { type FunctionVersion, isSettling, updating } from "./function-version.ts";
import { startSettling } from "./settling.ts";
import type { LambdaState } from "./state.ts";

/**
 * Changes $LATEST: guards the revision, refuses while another update is under way, writes, retires the old environments and starts
 * making the new ones possible. Returns what the caller is shown: `LastUpdateStatus: InProgress`.
 */
export async function changeLatest(
  state: LambdaState,
  current: FunctionVersion,
  expectedRevisionId: string | undefined,
  change: (latest: FunctionVersion) => FunctionVersion,
): Promise<FunctionVersion> {
  if (expectedRevisionId !== undefined && expectedRevisionId !== current.revisionId) throw revisionMismatch();
  if (isSettling(current)) throw updateInProgress(functionArn(current));
  const next: FunctionVersion = {
    ...change(current),
    modifiedMs: state.clock.now(),
    revisionId: state.ids.uuid(),
    environmentKey: state.ids.uuid(),
    lastUpdate: updating,
  };
  if (!(await state.store.replace(next, current.revisionId))) throw updateInProgress(functionArn(current));
  retire(state, current);
  startSettling(state, next);
  return next;
}

/** Ends the environments of what was replaced or deleted, then its package if nobody else uses it. Nobody waits for that. */
export function retire({ sandbox, packages, log }: Pick<LambdaState, "sandbox" | "packages" | "log">, previous: FunctionVersion): void {
  sandbox
    .retire(previous.environmentKey)
    .then(() => packages.removeUnused(previous.code.digest))
    .catch((error: unknown) => log.error("a code package could not be removed", { function: previous.name, error }));
}
