/** The rules on single options and on pairs of them. Texts that AWS's answers are on record for are theirs; the others are ours. */
import { parseEventPattern } from "#kit/event-pattern/event-pattern.ts";
import { InvalidEventPattern } from "#kit/event-pattern/invalid-event-pattern.ts";
import type { AwsError } from "#wire/errors.ts";
import { invalidParameter } from "../errors.ts";
import { mappingFilters, minimumRecordAgeSeconds, unbufferedBatchSize } from "./limits.ts";
import { type Options, sourceRules } from "./rules.ts";
import { isKafka, isQueue, type SourceKind } from "./source.ts";

export const unsupportedOption = (name: string): AwsError =>
  invalidParameter(`Unsupported ${name} parameter for given event source mapping type.`);

export interface Source {
  kind: SourceKind;
  /** Absent for self-managed clusters. */
  sourceArn?: string | undefined;
}

export function checkStart({ kind, sourceArn }: Source, { StartingPosition, StartingPositionTimestamp }: Options, nowMs: number): void {
  if (StartingPosition !== undefined && !sourceRules[kind].startingPositions.includes(StartingPosition)) {
    throw invalidParameter(`Unsupported starting position for arn type: ${sourceArn}`);
  }
  const isTimed = StartingPosition === "AT_TIMESTAMP";
  if (StartingPositionTimestamp === undefined) {
    if (isTimed) throw invalidParameter("StartingPositionTimestamp is required with StartingPosition AT_TIMESTAMP");
    return;
  }
  if (!isTimed) throw invalidParameter("Timestamp only valid with StartingPosition AT_TIMESTAMP");
  if (StartingPositionTimestamp.getTime() < 0) {
    throw invalidParameter(
      "Received Exception while reading from provided stream. class java.lang.Long can not be converted to a Timestamp",
    );
  }
  if (StartingPositionTimestamp.getTime() > nowMs) throw invalidParameter("StartingPositionTimestamp cannot be in the future.");
}

/** Everything that an update may change as well. */
export function checkValues(kind: SourceKind, options: Options): void {
  checkBatching(kind, options);
  checkFilters(options);
  checkDestination(kind, options);
  checkRecordAge(options);
  checkPollers(kind, options);
  checkSchemaRegistry(options);
  checkAccess(kind, options);
  checkMetrics(kind, options);
}

function checkBatching(kind: SourceKind, { BatchSize = 0, MaximumBatchingWindowInSeconds = 0 }: Options): void {
  if (kind === "sqs-fifo") {
    if (MaximumBatchingWindowInSeconds > 0) throw invalidParameter("Batching window is not supported for FIFO queues");
    if (BatchSize > unbufferedBatchSize) throw invalidParameter(`Maximum batch size for FIFO queues is ${unbufferedBatchSize}`);
  }
  if (kind === "sqs" && BatchSize > unbufferedBatchSize && MaximumBatchingWindowInSeconds === 0) {
    throw invalidParameter("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
  }
}

function checkFilters({ FilterCriteria }: Options): void {
  const filters = FilterCriteria?.Filters ?? [];
  if (filters.length > mappingFilters) throw invalidParameter(`Number of filters exceeds the limit of ${mappingFilters}.`);
  for (const { Pattern = "" } of filters) checkPattern(Pattern);
}

function checkPattern(pattern: string): void {
  try {
    parseEventPattern(pattern);
  } catch (error) {
    if (error instanceof InvalidEventPattern) throw invalidParameter("Invalid filter pattern definition.");
    throw error;
  }
}

/** Records that failed go to a standard queue, a standard topic, a bucket, and from Kafka to a topic there. */
function checkDestination(kind: SourceKind, { DestinationConfig }: Options): void {
  const destination = DestinationConfig?.OnFailure?.Destination;
  if (destination === undefined) return;
  const isAllowed = /^arn:[^:]+:(?:sqs|sns|s3):/.test(destination)
    ? !destination.endsWith(".fifo")
    : isKafka(kind) && destination.startsWith("kafka://");
  if (isAllowed) return;
  throw invalidParameter(
    `The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${destination})) is invalid.`,
  );
}

function checkRecordAge({ MaximumRecordAgeInSeconds = -1 }: Options): void {
  if (MaximumRecordAgeInSeconds === -1 || MaximumRecordAgeInSeconds >= minimumRecordAgeSeconds) return;
  throw invalidParameter(`MaximumRecordAgeInSeconds must be -1 or at least ${minimumRecordAgeSeconds}.`);
}

function checkPollers(kind: SourceKind, { ProvisionedPollerConfig, ScalingConfig }: Options): void {
  const { pollers } = sourceRules[kind];
  if (ProvisionedPollerConfig === undefined || pollers === undefined) return;
  const { MinimumPollers = pollers.minimum, MaximumPollers = pollers.maximum, PollerGroupName } = ProvisionedPollerConfig;
  if (ScalingConfig !== undefined) throw invalidParameter("ScalingConfig and ProvisionedPollerConfig cannot be used together.");
  if (MinimumPollers < pollers.minimum) throw invalidParameter(`MinimumPollers must be at least ${pollers.minimum}.`);
  if (MaximumPollers > pollers.maximum) throw invalidParameter(`MaximumPollers must be at most ${pollers.maximum}.`);
  if (MaximumPollers < MinimumPollers) throw invalidParameter("MinimumPollers must be less than or equal to MaximumPollers.");
  if (isQueue(kind) && PollerGroupName !== undefined) throw unsupportedOption("PollerGroupName");
}

/** Schemas are checked by provisioned pollers only. */
function checkSchemaRegistry({
  AmazonManagedKafkaEventSourceConfig,
  SelfManagedKafkaEventSourceConfig,
  ProvisionedPollerConfig,
}: Options): void {
  const registry = (AmazonManagedKafkaEventSourceConfig ?? SelfManagedKafkaEventSourceConfig)?.SchemaRegistryConfig;
  if (registry === undefined) return;
  const needed = {
    provisionedPollerConfig: ProvisionedPollerConfig,
    schemaRegistryURI: registry.SchemaRegistryURI,
    eventRecordFormat: registry.EventRecordFormat,
    schemaValidationConfigs: registry.SchemaValidationConfigs,
  };
  const missing = Object.entries(needed).find(([, value]) => value === undefined);
  if (missing) throw invalidParameter(`Required '${missing[0]}' parameter is missing.`);
}

function checkAccess(kind: SourceKind, { SourceAccessConfigurations = [] }: Options): void {
  const { accessTypes } = sourceRules[kind];
  const other = SourceAccessConfigurations.find(({ Type }) => Type === undefined || !accessTypes.includes(Type));
  if (other) throw invalidParameter(`Unsupported source access type ${other.Type ?? "null"} for given event source mapping type.`);
}

function checkMetrics(kind: SourceKind, { MetricsConfig }: Options): void {
  const other = MetricsConfig?.Metrics?.find((metric) => !sourceRules[kind].metrics.includes(metric));
  if (other !== undefined) throw invalidParameter(`Unsupported metric ${other} for given event source mapping type.`);
}
