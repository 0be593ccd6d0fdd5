/**
 * What a caller may set on a function: request members → the domain's, with every rule that is not the model's. CreateFunction starts
 * from AWS's defaults, UpdateFunctionConfiguration from what is there.
 */
import type { CreateFunctionRequest, UpdateFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { checkVariables } from "./environment-variables.ts";
import { invalidParameter, notSupportedYet } from "./errors.ts";
import type { FunctionVersion, Logging } from "./function-version.ts";
import {
  defaultEphemeralStorageMb,
  defaultMemoryMb,
  defaultTimeoutSeconds,
  maximumEphemeralStorageMb,
  maximumMemoryMb,
  maximumTimeoutSeconds,
} from "./limits.ts";
import { checkRuntime } from "./runtimes.ts";

export type Settings = Pick<
  FunctionVersion,
  | "runtime" | "roleArn" | "handler" | "description" | "timeoutSeconds" | "memoryMb" | "variables" | "kmsKeyArn"
  | "tracingMode" | "ephemeralStorageMb" | "deadLetterTargetArn" | "snapStart" | "logging"
>;

type SettingsRequest = Present<Omit<UpdateFunctionConfigurationRequest, "FunctionName" | "RevisionId">>;

export function defaultSettings(name: string): Omit<Settings, "roleArn" | "runtime" | "handler"> {
  return {
    description: "",
    timeoutSeconds: defaultTimeoutSeconds,
    memoryMb: defaultMemoryMb,
    tracingMode: "PassThrough",
    ephemeralStorageMb: defaultEphemeralStorageMb,
    snapStart: "None",
    logging: { format: "Text", group: `/aws/lambda/${name}` },
  };
}

/** Applies what the request names to `current`. Throws InvalidParameterValueException. */
export function applySettings<Current extends Partial<Settings> & Pick<Settings, "logging" | "tracingMode" | "snapStart">>(
  current: Current,
  request: SettingsRequest,
): Current & Partial<Settings> {
  refuseWhatIsNotServed(request);
  if (request.Runtime !== undefined) checkRuntime(request.Runtime);
  const { MemorySize, Timeout, EphemeralStorage } = request;
  checkRange("memorySize", MemorySize, maximumMemoryMb);
  checkRange("timeout", Timeout, maximumTimeoutSeconds);
  checkRange("ephemeralStorage.size", EphemeralStorage?.Size, maximumEphemeralStorageMb);
  const variables = request.Environment?.Variables;
  if (variables !== undefined) checkVariables(variables);
  return {
    ...current,
    ...given("roleArn", request.Role),
    ...given("runtime", request.Runtime as string | undefined),
    ...given("handler", request.Handler),
    ...given("description", request.Description),
    ...given("timeoutSeconds", Timeout),
    ...given("memoryMb", MemorySize),
    ...given("variables", variables && { ...variables }),
    ...given("kmsKeyArn", request.KMSKeyArn),
    ...given("tracingMode", request.TracingConfig?.Mode),
    ...given("ephemeralStorageMb", EphemeralStorage?.Size),
    ...given("deadLetterTargetArn", request.DeadLetterConfig?.TargetArn),
    ...given("snapStart", request.SnapStart?.ApplyOn),
    logging: applyLogging(current.logging, request.LoggingConfig),
  };
}

/** Members of CreateFunction that belong to later work are refused by name rather than forgotten. */
export function refuseUnservedCreation(request: Present<CreateFunctionRequest>): void {
  if (request.PackageType === "Image") throw notSupportedYet("PackageType Image");
  if (request.PublishTo !== undefined) throw notSupportedYet("PublishTo");
  if (request.CodeSigningConfigArn !== undefined) throw notSupportedYet("CodeSigningConfigArn");
  if (request.TenancyConfig !== undefined) throw notSupportedYet("TenancyConfig");
}

function refuseWhatIsNotServed(request: SettingsRequest & { CapacityProviderConfig?: unknown; DurableConfig?: unknown }): void {
  if (request.Layers?.length) throw notSupportedYet("Layers");
  if (request.VpcConfig?.SubnetIds?.length || request.VpcConfig?.SecurityGroupIds?.length) throw notSupportedYet("VpcConfig");
  if (request.FileSystemConfigs?.length) throw notSupportedYet("FileSystemConfigs");
  if (request.ImageConfig !== undefined) throw notSupportedYet("ImageConfig");
  if (request.CapacityProviderConfig !== undefined) throw notSupportedYet("CapacityProviderConfig");
  if (request.DurableConfig !== undefined) throw notSupportedYet("DurableConfig");
}

/** The model allows what managed instances may have; ordinary functions get less (see limits.ts). */
function checkRange(member: string, value: number | undefined, maximum: number): void {
  if (value === undefined) return;
  if (value > maximum) {
    throw invalidParameter(`1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have value less than or equal to ${maximum}`);
  }
}

function applyLogging(current: Logging, request: SettingsRequest["LoggingConfig"]): Logging {
  if (request === undefined) return current;
  const format = request.LogFormat ?? current.format;
  const hasLevels = request.ApplicationLogLevel !== undefined || request.SystemLogLevel !== undefined;
  if (format === "Text" && hasLevels) {
    throw invalidParameter("The log level configuration is not supported for the Text log format. Please use JSON, or remove the log levels.");
  }
  const group = request.LogGroup ?? current.group;
  if (format === "Text") return { format, group };
  return {
    format,
    group,
    applicationLevel: request.ApplicationLogLevel ?? current.applicationLevel ?? "INFO",
    systemLevel: request.SystemLogLevel ?? current.systemLevel ?? "INFO",
  };
}

/** `{ [key]: value }`, or nothing when the request does not name it. An empty string takes a setting away, as on AWS. */
function given<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value });
}
