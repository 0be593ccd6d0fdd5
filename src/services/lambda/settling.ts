/**
 * From Pending to Active, from InProgress to Successful: what happens behind the back of CreateFunction and UpdateFunction*. The package
 * is unpacked and the runtime made ready before a function says that it is.
 */
import { type FunctionVersion, isSettling, settled } from "./function-version.ts";
import type { LambdaState } from "./state.ts";

type SettlingState = Pick<LambdaState, "store" | "sandbox" | "specs" | "ids" | "log">;

/** Starts the work and returns; a crash in between is made good by the next start (loops/settling.ts). */
export function startSettling(state: SettlingState, version: FunctionVersion): void {
  settle(state, version).catch((error: unknown) =>
    state.log.error("a function could not be made ready", { function: version.name, error }),
  );
}

export async function settle({ store, sandbox, specs, ids, log }: SettlingState, version: FunctionVersion): Promise<void> {
  try {
    if (!version.image) await sandbox.prepare(specs.of(version));
  } catch (error) {
    // Not the function's fault, and it may pass (an interpreter can be installed): the invocation will say what is missing.
    log.warn("a function's runtime is not ready", { function: version.name, runtime: version.runtime, error: (error as Error).message });
  }
  // A change of its policy gives a version another revision, but leaves it what it is.
  for (let current: FunctionVersion | undefined = version; current?.environmentKey === version.environmentKey && isSettling(current);) {
    if (await store.replace(settled(current, ids.uuid()), current.revisionId)) return;
    current = await store.find(version, version.version);
  }
}
