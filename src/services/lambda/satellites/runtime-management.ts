import type { PutRuntimeManagementConfigResponse } from "@aws-sdk/client-lambda";
import type { Satellites } from "./satellite.ts";

/** When a function's runtime is replaced by a newer version of it, as the API shows it. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html */
export function runtimeManagement(
  stored: Satellites["runtime-management"] | undefined,
): Omit<PutRuntimeManagementConfigResponse, "FunctionArn"> {
  if (stored === undefined) return { UpdateRuntimeOn: "Auto" };
  return { UpdateRuntimeOn: stored.updateOn, ...(stored.updateOn === "Manual" && { RuntimeVersionArn: stored.runtimeVersionArn }) };
}
