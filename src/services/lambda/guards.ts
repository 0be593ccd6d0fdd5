import { resourceNotInState, revisionMismatch, updateInProgress } from "./errors.ts";
import { functionArn } from "./function-name.ts";
import { type FunctionVersion, isSettling } from "./function-version.ts";

/** Throws if somebody else has changed it since the caller looked. */
export function checkRevision({ revisionId }: { revisionId: string }, expectedRevisionId: string | undefined): void {
  if (expectedRevisionId !== undefined && expectedRevisionId !== revisionId) throw revisionMismatch();
}

/** Throws while the last change has not come to its end. */
export function checkSettled(latest: FunctionVersion): void {
  if (latest.state.name !== "Active") throw resourceNotInState(functionArn(latest), latest.state);
  if (isSettling(latest)) throw updateInProgress(functionArn(latest));
}
