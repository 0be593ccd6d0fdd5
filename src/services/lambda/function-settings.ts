/**
 * What a caller may set on a function: request members → the domain's, with every rule that is not the model's. CreateFunction starts
 * from AWS's defaults, UpdateFunctionConfiguration from what is there.
 */
import type { UpdateFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import { checkVariables } from "./environment-variables.ts";
import { invalidParameter, notSupportedYet } from "./errors.ts";
import { applyFileSystems, type FileSystemFolders } from "./function-file-systems.ts";
import { applyImageConfig } from "./function-image.ts";
import type { FunctionVersion, Logging } from "./function-version.ts";
import { applyVpc } from "./function-vpc.ts";
import {
  defaultEphemeralStorageMb,
  defaultMemoryMb,
  defaultTimeoutSeconds,
  maximumEphemeralStorageMb,
  maximumMemoryMb,
  maximumTimeoutSeconds,
} from "./limits.ts";
import { checkRuntime, hasSnapStart } from "./runtimes.ts";

export type Settings = Pick<
  FunctionVersion,
  | "runtime"
  | "roleArn"
  | "handler"
  | "description"
  | "timeoutSeconds"
  | "memoryMb"
  | "variables"
  | "kmsKeyArn"
  | "tracingMode"
  | "ephemeralStorageMb"
  | "deadLetterTargetArn"
  | "snapStart"
  | "logging"
  | "vpc"
  | "fileSystems"
  | "isTenantIsolated"
  | "image"
>;

export type SettingsRequest = Present<Omit<UpdateFunctionConfigurationRequest, "FunctionName" | "RevisionId" | "Layers">>;

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

/** Applies what the request names to `current`. Throws InvalidParameterValueException. `folders`: what file systems there are. */
export function applySettings<Current extends Settings>(current: Current, request: SettingsRequest, folders: FileSystemFolders): Current {
  refuseWhatIsNotServed(request);
  if (request.Runtime !== undefined) checkRuntime(request.Runtime);
  const { MemorySize, Timeout, EphemeralStorage } = request;
  checkRange("memorySize", MemorySize, maximumMemoryMb);
  checkRange("timeout", Timeout, maximumTimeoutSeconds);
  checkRange("ephemeralStorage.size", EphemeralStorage?.Size, maximumEphemeralStorageMb);
  const variables = request.Environment?.Variables;
  if (variables !== undefined) checkVariables(variables);
  const vpc = applyVpc(current.vpc, request.VpcConfig);
  const next = {
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
    ...given("deadLetterTargetArn", checkDeadLetterTarget(request.DeadLetterConfig?.TargetArn)),
    ...given("snapStart", request.SnapStart?.ApplyOn),
    ...given("vpc", vpc),
    ...given("fileSystems", applyFileSystems(current.fileSystems, request.FileSystemConfigs, vpc, folders)),
    ...given("image", applyImageConfig(current.image, request)),
    logging: applyLogging(current.logging, request.LoggingConfig),
  };
  checkSnapStart(next);
  return withoutEmpty(next);
}

function refuseWhatIsNotServed(request: SettingsRequest & { CapacityProviderConfig?: unknown; DurableConfig?: unknown }): void {
  if (request.CapacityProviderConfig !== undefined) throw notSupportedYet("CapacityProviderConfig");
  if (request.DurableConfig !== undefined) throw notSupportedYet("DurableConfig");
}

/** The model allows what managed instances may have; ordinary functions get less (see limits.ts). */
function checkRange(member: string, value: number | undefined, maximum: number): void {
  if (value === undefined) return;
  if (value > maximum) {
    throw invalidParameter(
      `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have value less than or equal to ${maximum}`,
    );
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq: a queue or a topic, or nothing again. */
function checkDeadLetterTarget(arn: string | undefined): string | undefined {
  if (arn === undefined || arn === "" || /^arn:aws[\w-]*:(?:sqs|sns):[\w-]+:\d{12}:[^:]+$/.test(arn)) return arn;
  throw invalidParameter(`The dead letter target ${arn} is invalid: it must be the ARN of an SQS queue or an SNS topic.`);
}

/** https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-runtimes. The words are AWS's for images and runtimes, and after them for the others. */
function checkSnapStart({ snapStart, runtime, image, isTenantIsolated, ephemeralStorageMb, fileSystems }: Settings): void {
  if (snapStart === "None") return;
  if (image !== undefined) throw invalidParameter("ContainerImage is not supported for SnapStart enabled functions.");
  if (!hasSnapStart(runtime)) throw invalidParameter(`${runtime} is not supported for SnapStart enabled functions.`);
  if (isTenantIsolated) throw invalidParameter("Tenant isolation is not supported for SnapStart enabled functions.");
  if (fileSystems?.length) throw invalidParameter("FileSystemConfigs is not supported for SnapStart enabled functions.");
  if (ephemeralStorageMb > defaultEphemeralStorageMb)
    throw invalidParameter(
      `EphemeralStorage larger than ${defaultEphemeralStorageMb} MB is not supported for SnapStart enabled functions.`,
    );
}

function applyLogging(current: Logging, request: SettingsRequest["LoggingConfig"]): Logging {
  if (request === undefined) return current;
  const format = request.LogFormat ?? current.format;
  const hasLevels = request.ApplicationLogLevel !== undefined || request.SystemLogLevel !== undefined;
  if (format === "Text" && hasLevels) {
    throw invalidParameter(
      "The log level configuration is not supported for the Text log format. Please use JSON, or remove the log levels.",
    );
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

/** `{ [key]: value }`, or nothing when the request does not name it. */
function given<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value });
}

/** An empty string or list takes a setting away, as on AWS; an empty map of variables stays one. */
function withoutEmpty<Current extends Settings>(settings: Current): Current {
  const { kmsKeyArn, deadLetterTargetArn, fileSystems, ...rest } = settings;
  return {
    ...rest,
    ...(kmsKeyArn && { kmsKeyArn }),
    ...(deadLetterTargetArn && { deadLetterTargetArn }),
    ...(fileSystems?.length && { fileSystems }),
  } as Current;
}
