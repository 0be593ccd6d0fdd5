import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { fileSystemConfigs } from "./function-file-systems.ts";
import { imageConfig } from "./function-image.ts";
import { functionArn } from "./function-name.ts";
import { type FunctionVersion, isSnapped } from "./function-version.ts";
import { vpcConfig } from "./function-vpc.ts";
import { runtimeVersionArn } from "./runtimes.ts";

/**
 * A stored function as the API shows it: each member present exactly when AWS's answers have it. `qualifier`: what the ARN ends in, a
 * version or an alias, when the caller named one.
 */
export function functionConfiguration(stored: FunctionVersion, qualifier?: string): FunctionConfiguration {
  return {
    FunctionName: stored.name,
    FunctionArn: functionArn(stored, qualifier),
    Role: stored.roleArn,
    ...packageMembers(stored),
    CodeSize: stored.code.sizeBytes,
    Description: stored.versionDescription ?? stored.description,
    Timeout: stored.timeoutSeconds,
    MemorySize: stored.memoryMb,
    LastModified: new Date(stored.modifiedMs).toISOString().replace("Z", "+0000"),
    CodeSha256: stored.code.sha256,
    Version: stored.version,
    ...(stored.variables && { Environment: { Variables: stored.variables } }),
    ...(stored.kmsKeyArn !== undefined && { KMSKeyArn: stored.kmsKeyArn }),
    ...(stored.deadLetterTargetArn !== undefined && { DeadLetterConfig: { TargetArn: stored.deadLetterTargetArn } }),
    ...(stored.vpc && { VpcConfig: vpcConfig(stored.vpc, stored) }),
    ...(stored.fileSystems && { FileSystemConfigs: fileSystemConfigs(stored.fileSystems) }),
    ...(stored.isTenantIsolated && { TenancyConfig: { TenantIsolationMode: "PER_TENANT" } }),
    TracingConfig: { Mode: stored.tracingMode },
    RevisionId: stored.revisionId,
    State: stored.state.name,
    ...(stored.state.reason !== undefined && { StateReason: stored.state.reason }),
    ...(stored.state.reasonCode !== undefined && {
      StateReasonCode: stored.state.reasonCode as NonNullable<FunctionConfiguration["StateReasonCode"]>,
    }),
    ...lastUpdate(stored),
    Architectures: [stored.architecture],
    EphemeralStorage: { Size: stored.ephemeralStorageMb },
    SnapStart: { ApplyOn: stored.snapStart, OptimizationStatus: isSnapped(stored) && stored.state.name === "Active" ? "On" : "Off" },
    LoggingConfig: loggingConfig(stored),
  };
}

/** In lists: "a subset of the FunctionConfiguration fields", https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html */
export function listedConfiguration(stored: FunctionVersion, qualifier?: string): FunctionConfiguration {
  const {
    State,
    StateReason,
    StateReasonCode,
    LastUpdateStatus,
    LastUpdateStatusReason,
    LastUpdateStatusReasonCode,
    RuntimeVersionConfig,
    ...subset
  } = functionConfiguration(stored, qualifier);
  return subset;
}

/** What depends on the kind of package. */
function packageMembers(stored: FunctionVersion): FunctionConfiguration {
  if (stored.image) return { PackageType: "Image", ...imageConfig(stored.image) };
  return {
    PackageType: "Zip",
    Runtime: stored.runtime as NonNullable<FunctionConfiguration["Runtime"]>,
    Handler: stored.handler,
    RuntimeVersionConfig: { RuntimeVersionArn: runtimeVersionArn(stored.runtime, stored.region) },
    ...(stored.layers && { Layers: stored.layers.map(({ arn, sizeBytes }) => ({ Arn: arn, CodeSize: sizeBytes })) }),
  };
}

/** DIVERGES: nothing is restored from a snapshot here; every environment initialises. */

function lastUpdate({ lastUpdate: update }: FunctionVersion): FunctionConfiguration {
  if (update === undefined) return {};
  return {
    LastUpdateStatus: update.status,
    ...(update.reason !== undefined && { LastUpdateStatusReason: update.reason }),
    ...(update.reasonCode !== undefined && {
      LastUpdateStatusReasonCode: update.reasonCode as NonNullable<FunctionConfiguration["LastUpdateStatusReasonCode"]>,
    }),
  };
}

function loggingConfig({ logging }: FunctionVersion): NonNullable<FunctionConfiguration["LoggingConfig"]> {
  return {
    LogFormat: logging.format,
    ...(logging.applicationLevel !== undefined && { ApplicationLogLevel: logging.applicationLevel as "INFO" }),
    ...(logging.systemLevel !== undefined && { SystemLogLevel: logging.systemLevel as "INFO" }),
    LogGroup: logging.group,
  };
}
