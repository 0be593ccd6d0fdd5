/**
 * Which options each kind of event source takes, needs, and has without being asked: one table.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html, services-kinesis-parameters.html, services-ddb-params.html,
 * with-kafka-esm.html, services-mq-params.html and with-documentdb.html beside it
 */
import type {
  CreateEventSourceMappingRequest,
  EventSourceMappingMetric,
  EventSourcePosition,
  SourceAccessType,
} from "@aws-sdk/client-lambda";
import type { Present } from "#wire/operation.ts";
import type { SourceKind } from "./source.ts";

type Request = Present<CreateEventSourceMappingRequest>;

/** What a mapping is told besides its two ends, in AWS's own shapes: answers show it as it is. */
export type Options = Omit<Request, "FunctionName" | "EventSourceArn" | "Enabled" | "Tags">;
export type OptionName = keyof Options;

export interface SourceRules {
  /** Of all options but those that every kind takes. */
  takes: readonly OptionName[];
  needs: readonly OptionName[];
  /** What answers show although nobody asked for it. */
  defaults: Options;
  startingPositions: readonly EventSourcePosition[];
  accessTypes: readonly SourceAccessType[];
  metrics: readonly EventSourceMappingMetric[];
  /** Bounds and defaults of a provisioned mode. */
  pollers?: { minimum: number; maximum: number; defaultMaximum: number };
  transitionReason: "USER_INITIATED" | "User action";
}

export const takenByAll: readonly OptionName[] = ["BatchSize", "MaximumBatchingWindowInSeconds", "FilterCriteria", "KMSKeyArn"];

const sqs: SourceRules = {
  takes: ["FunctionResponseTypes", "MetricsConfig", "ScalingConfig", "ProvisionedPollerConfig"],
  needs: [],
  defaults: { BatchSize: 10, MaximumBatchingWindowInSeconds: 0, FunctionResponseTypes: [] },
  startingPositions: [],
  accessTypes: [],
  metrics: ["EventCount"],
  pollers: { minimum: 2, maximum: 2_000, defaultMaximum: 200 },
  transitionReason: "USER_INITIATED",
};

const failureHandling: readonly OptionName[] = [
  "BisectBatchOnFunctionError",
  "DestinationConfig",
  "FunctionResponseTypes",
  "MaximumRecordAgeInSeconds",
  "MaximumRetryAttempts",
];

const kinesis: SourceRules = {
  takes: [
    ...failureHandling,
    "StartingPosition",
    "StartingPositionTimestamp",
    "ParallelizationFactor",
    "TumblingWindowInSeconds",
    "MetricsConfig",
  ],
  needs: ["StartingPosition"],
  defaults: {
    BatchSize: 100,
    BisectBatchOnFunctionError: false,
    DestinationConfig: { OnFailure: {} },
    FunctionResponseTypes: [],
    MaximumBatchingWindowInSeconds: 0,
    MaximumRecordAgeInSeconds: -1,
    MaximumRetryAttempts: -1,
    ParallelizationFactor: 1,
    TumblingWindowInSeconds: 0,
  },
  startingPositions: ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"],
  accessTypes: [],
  metrics: ["EventCount"],
  transitionReason: "User action",
};

const msk: SourceRules = {
  takes: [
    ...failureHandling,
    "StartingPosition",
    "StartingPositionTimestamp",
    "Topics",
    "SourceAccessConfigurations",
    "AmazonManagedKafkaEventSourceConfig",
    "ProvisionedPollerConfig",
    "MetricsConfig",
    "LoggingConfig",
  ],
  needs: ["Topics", "StartingPosition"],
  // The batching window is 500 ms, which no answer can express.
  defaults: { BatchSize: 100, DestinationConfig: { OnFailure: {} }, FunctionResponseTypes: [] },
  startingPositions: ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"],
  accessTypes: ["SASL_SCRAM_512_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH"],
  metrics: ["EventCount", "ErrorCount", "KafkaMetrics"],
  pollers: { minimum: 1, maximum: 2_000, defaultMaximum: 200 },
  transitionReason: "USER_INITIATED",
};

const selfManagedKafka: SourceRules = {
  ...msk,
  takes: [
    ...msk.takes.filter((name) => name !== "AmazonManagedKafkaEventSourceConfig"),
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
  ],
  needs: ["SourceAccessConfigurations", "Topics", "StartingPosition"],
  accessTypes: [
    "BASIC_AUTH",
    "VPC_SUBNET",
    "VPC_SECURITY_GROUP",
    "SASL_SCRAM_512_AUTH",
    "SASL_SCRAM_256_AUTH",
    "CLIENT_CERTIFICATE_TLS_AUTH",
    "SERVER_ROOT_CA_CERTIFICATE",
    "IAM_AUTH",
    "IAM_OAUTHBEARER_AUTH",
    "OAUTHBEARER_AUDIENCE",
    "OAUTHBEARER_AUTH",
    "OAUTHBEARER_IDENTITY_POOL",
    "OAUTHBEARER_LOGICAL_CLUSTER",
    "OAUTHBEARER_SCOPE",
  ],
};

const mq: SourceRules = {
  takes: ["Queues", "SourceAccessConfigurations", "StartingPosition", "MetricsConfig"],
  needs: ["SourceAccessConfigurations", "Queues"],
  defaults: { BatchSize: 100 },
  startingPositions: ["TRIM_HORIZON"],
  accessTypes: ["BASIC_AUTH", "VIRTUAL_HOST"],
  metrics: ["EventCount"],
  transitionReason: "USER_INITIATED",
};

const documentdb: SourceRules = {
  takes: ["SourceAccessConfigurations", "DocumentDBEventSourceConfig", "StartingPosition", "StartingPositionTimestamp"],
  needs: ["SourceAccessConfigurations", "DocumentDBEventSourceConfig", "StartingPosition"],
  defaults: { BatchSize: 100 },
  startingPositions: ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"],
  accessTypes: ["BASIC_AUTH"],
  metrics: [],
  transitionReason: "USER_INITIATED",
};

export const sourceRules: Readonly<Record<SourceKind, SourceRules>> = {
  sqs,
  "sqs-fifo": sqs,
  kinesis,
  dynamodb: { ...kinesis, startingPositions: ["TRIM_HORIZON", "LATEST"] },
  msk,
  "self-managed-kafka": selfManagedKafka,
  mq,
  documentdb,
};
