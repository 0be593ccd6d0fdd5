/**
 * From IN_PROGRESS to READY or FAILED. The code is unpacked and the runtime made ready.
 * DIVERGES: environments are not started ahead of the first invocation yet; AWS initialises them all.
 */
import { invalidParameter } from "../errors.ts";
import { latestVersion } from "../function-version.ts";
import { type Place, requireHolder } from "./place.ts";
import type { ProvisionedConcurrency } from "./provisioned-concurrency.ts";
import type { LambdaState } from "../state.ts";

type ProvisioningState = Pick<LambdaState, "store" | "aliases" | "satellites" | "sandbox" | "specs" | "log">;

/** Starts the work and returns; a crash in between is made good by the next start (loops/settling.ts). */
export function startProvisioning(state: ProvisioningState, place: Place): void {
  provision(state, place).catch((error: unknown) =>
    state.log.error("concurrency could not be provisioned", { function: place.name, error }),
  );
}

export async function provision(state: ProvisioningState, place: Place): Promise<void> {
  const outcome = await prepare(state, place);
  await state.satellites.change("provisioned-concurrency", place, (current) => ({ ...current, ...outcome }));
}

async function prepare(state: ProvisioningState, place: Place): Promise<Pick<ProvisionedConcurrency, "status" | "reason">> {
  const holder = await requireHolder(state, place);
  const version = "alias" in holder ? await state.store.find(place, holder.version) : holder;
  try {
    await state.sandbox.prepare(state.specs.of(version!));
    return { status: "READY" };
  } catch (error) {
    return { status: "FAILED", reason: (error as Error).message };
  }
}

/** Rejects unless it is a published version or an alias, and there. */
export async function checkProvisionable(state: Pick<LambdaState, "store" | "aliases">, place: Place): Promise<void> {
  if (place.qualifier === latestVersion) throw invalidParameter("The function resource provided must be an alias or a published version.");
  await requireHolder(state, place);
}
