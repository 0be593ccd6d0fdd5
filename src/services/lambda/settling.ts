/**
 * From Pending to Active, from InProgress to Successful: what happens behind the back of CreateFunction and UpdateFunction*. The package
 * is unpacked and the runtime made ready before a function says that it is.
 */
import { type FunctionVersion, isSettling, settled, type SettlingFailure } from "./function-version.ts";
import { pullFailure } from "./images/images.ts";
import type { LambdaState } from "./state.ts";

type SettlingState = Pick<LambdaState, "store" | "sandbox" | "specs" | "images" | "ids" | "log">;

/** Starts the work and returns; a crash in between is made good by the next start (loops/settling.ts). */
export function startSettling(state: SettlingState, version: FunctionVersion): void {
  settle(state, version).catch((error: unknown) =>
    state.log.error("a function could not be made ready", { function: version.name, error }),
  );
}

export async function settle(state: SettlingState, version: FunctionVersion): Promise<void> {
  const { store, sandbox, specs, ids, log } = state;
  const failure = await pullImage(state, version);
  try {
    if (!failure) await sandbox.prepare(specs.of(version));
  } catch (error) {
    // Not the function's fault, and it may pass (an interpreter can be installed): the invocation will say what is missing.
    log.warn("a function's runtime is not ready", { function: version.name, runtime: version.runtime, error: (error as Error).message });
  }
  // A change of its policy gives a version another revision, but leaves it what it is.
  for (let current: FunctionVersion | undefined = version; current?.environmentKey === version.environmentKey && isSettling(current);) {
    if (await store.replace(settled(current, ids.uuid(), failure), current.revisionId)) return;
    current = await store.find(version, version.version);
  }
}

/** Undefined if the image is here now, or if there is none. */
async function pullImage(
  { images, log }: SettlingState,
  { name, image, architecture }: FunctionVersion,
): Promise<SettlingFailure | undefined> {
  if (!image) return undefined;
  try {
    await images.pull(image, architecture);
    return undefined;
  } catch (error) {
    log.warn("the image of a function cannot be had", { function: name, image: image.uri, error });
    return pullFailure(image, error);
  }
}
