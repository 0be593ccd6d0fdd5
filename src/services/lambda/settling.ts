/**
 * From Pending to Active, from InProgress to Successful: what happens behind the back of CreateFunction and UpdateFunction*. The package
 * is unpacked and the runtime made ready before a function says that it is.
 */
import { sleep } from "#kit/clock.ts";
import { SandboxFailure } from "#sandbox/contract.ts";
import { type FunctionVersion, isSettling, isSnapped, settled, type SettlingFailure } from "./function-version.ts";
import { pullFailure } from "./images/images.ts";
import type { LambdaState } from "./state.ts";

type SettlingState = Pick<LambdaState, "store" | "sandbox" | "specs" | "images" | "ids" | "log" | "clock">;

/** A machine that is busy may not be so later: pauses before a snapshot is tried again. */
const snapshotPausesMs = [1_000, 2_000, 4_000, 8_000, 16_000];
/** Recorded from AWS: https://github.com/hashicorp/terraform-provider-aws/issues/49904, https://github.com/serverless/serverless/pull/13847 */
const initFailure: SettlingFailure = { reason: "An error occurred during function initialization.", reasonCode: "FunctionError" };
/** DIVERGES: AWS answers PublishVersion with an error of its own when it cannot make a snapshot. */
const snapshotFailure: SettlingFailure = { reason: "The snapshot could not be made.", reasonCode: "InternalError" };

/** Starts the work and returns; a crash in between is made good by the next start (loops/settling.ts). */
export function startSettling(state: SettlingState, version: FunctionVersion): void {
  settle(state, version).catch((error: unknown) => {
    if (error instanceof SandboxFailure && error.reason === "stopping") return;
    state.log.error("a function could not be made ready", { function: version.name, error });
  });
}

export async function settle(state: SettlingState, version: FunctionVersion): Promise<void> {
  const { store, sandbox, specs, ids, log } = state;
  let failure = await pullImage(state, version);
  try {
    if (!failure) await sandbox.prepare(specs.of(version));
  } catch (error) {
    // Not the function's fault, and it may pass (an interpreter can be installed): the invocation will say what is missing.
    log.warn("a function's runtime is not ready", { function: version.name, runtime: version.runtime, error: (error as Error).message });
  }
  if (!failure && isSnapped(version)) failure = await makeSnapshot(state, version);
  // A change of its policy gives a version another revision, but leaves it what it is.
  for (let current: FunctionVersion | undefined = version; current?.environmentKey === version.environmentKey && isSettling(current);) {
    if (await store.replace(settled(current, ids.uuid(), failure), current.revisionId)) return;
    current = await store.find(version, version.version);
    // Deleted meanwhile: nobody will ask for what was made of it.
    if (!current && isSnapped(version)) await sandbox.retire(version.environmentKey);
  }
}

/** Undefined if it is there. Rejects if the product stops: the next start goes on. */
async function makeSnapshot({ sandbox, specs, clock, log }: SettlingState, version: FunctionVersion): Promise<SettlingFailure | undefined> {
  for (const pauseMs of [...snapshotPausesMs, undefined]) {
    const failure = await sandbox.snapshot(specs.of(version));
    if (!failure) return undefined;
    if (failure.reason === "init") return initFailure;
    log.warn("a snapshot could not be made", { function: version.name, version: version.version, reason: failure.message });
    if (pauseMs !== undefined) await sleep(clock, pauseMs);
  }
  return snapshotFailure;
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
