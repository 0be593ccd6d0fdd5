/**
 * Provisioned concurrency: environments that are ready before they are needed. Pure; what an account may hand out is in
 * concurrency.ts, who keeps them ready in provisioning.ts. https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
 */
import type { PutProvisionedConcurrencyConfigResponse } from "@aws-sdk/client-lambda";
import type { ProvisionFailure, ProvisionState } from "#sandbox/contract.ts";

export interface ProvisionedConcurrency {
  requested: number;
  /** Epoch milliseconds of the last change by a user. */
  modifiedMs: number;
}

/** How far it has come. Undefined: it was only just asked for. */
export type ProvisionProgress = Omit<ProvisionState, "failure"> & { failure?: ProvisionFailure | undefined };

export function provisionedConcurrency(
  { requested, modifiedMs }: ProvisionedConcurrency,
  progress: ProvisionProgress | undefined,
): PutProvisionedConcurrencyConfigResponse {
  const { allocated = 0, available = 0, failure } = progress ?? {};
  return {
    RequestedProvisionedConcurrentExecutions: requested,
    AvailableProvisionedConcurrentExecutions: Math.min(available, requested),
    AllocatedProvisionedConcurrentExecutions: Math.min(allocated, requested),
    ...statusOf(available >= requested, failure),
    LastModified: new Date(modifiedMs).toISOString().replace(/\.\d{3}Z$/, "+0000"),
  };
}

function statusOf(
  isReady: boolean,
  failure: ProvisionFailure | undefined,
): Pick<PutProvisionedConcurrencyConfigResponse, "Status" | "StatusReason"> {
  if (isReady) return { Status: "READY" };
  if (failure === undefined) return { Status: "IN_PROGRESS" };
  // AWS's reason for functions that cannot be initialised; our own texts for what is this machine's fault.
  return { Status: "FAILED", StatusReason: failure.reason === "init" ? "FUNCTION_ERROR_INIT_FAILURE" : failure.message };
}

/** How many of the environments of an alias are which version's: with two, as the invocations are divided. */
export function divided(requested: number, weight: number | undefined): [first: number, second: number] {
  const second = Math.round(requested * (weight ?? 0));
  return [requested - second, second];
}
