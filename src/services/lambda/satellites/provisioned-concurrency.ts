/**
 * Provisioned concurrency: environments that are ready before they are needed. Pure; what an account may hand out is in
 * concurrency.ts. https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
 */
import type { PutProvisionedConcurrencyConfigResponse } from "@aws-sdk/client-lambda";

export interface ProvisionedConcurrency {
  requested: number;
  status: "IN_PROGRESS" | "READY" | "FAILED";
  /** Why it failed. */
  reason?: string;
  /** Epoch milliseconds of the last change by a user. */
  modifiedMs: number;
}

export function provisionedConcurrency({
  requested,
  status,
  reason,
  modifiedMs,
}: ProvisionedConcurrency): PutProvisionedConcurrencyConfigResponse {
  const ready = status === "READY" ? requested : 0;
  return {
    RequestedProvisionedConcurrentExecutions: requested,
    AvailableProvisionedConcurrentExecutions: ready,
    AllocatedProvisionedConcurrentExecutions: ready,
    Status: status,
    ...(reason !== undefined && { StatusReason: reason }),
    LastModified: new Date(modifiedMs).toISOString().replace(/\.\d{3}Z$/, "+0000"),
  };
}
