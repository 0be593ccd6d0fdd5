import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newOptions, updatedOptions } from "./options.ts";
import type { Options } from "./rules.ts";
import type { SourceKind } from "./source.ts";

const nowMs = Date.UTC(2026, 0, 15);
const made = (kind: SourceKind, asked: Options): Options => newOptions({ kind }, asked, nowMs, () => "group-1");

const registry = {
  SchemaRegistryURI: "https://registry",
  EventRecordFormat: "JSON",
  SchemaValidationConfigs: [{ Attribute: "KEY" }],
} as const;
const schemas = { SchemaRegistryConfig: { ...registry, SchemaValidationConfigs: [...registry.SchemaValidationConfigs] } };
const topics: Options = { Topics: ["topic"], StartingPosition: "LATEST" };

describe("the options of a new mapping", () => {
  const cases: ReadonlyArray<[name: string, kind: SourceKind, asked: Options, part: Options]> = [
    [
      "pollers of a queue",
      "sqs",
      { ProvisionedPollerConfig: { MaximumPollers: 9 } },
      { ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 9 } },
    ],
    [
      "pollers of a cluster",
      "msk",
      { ...topics, ProvisionedPollerConfig: { PollerGroupName: "shared" } },
      { ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 200, PollerGroupName: "shared" } },
    ],
    [
      "no destination",
      "kinesis",
      { StartingPosition: "LATEST", DestinationConfig: { OnFailure: { Destination: "" } } },
      { DestinationConfig: { OnFailure: {} } },
    ],
    ["a consumer group", "msk", topics, { AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: "group-1" } }],
    [
      "a schema registry",
      "msk",
      { ...topics, ProvisionedPollerConfig: { MinimumPollers: 1 }, AmazonManagedKafkaEventSourceConfig: schemas },
      { AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: "group-1", ...schemas } },
    ],
    [
      "a large batch in a window",
      "sqs",
      { BatchSize: 10_000, MaximumBatchingWindowInSeconds: 300 },
      { BatchSize: 10_000, MaximumBatchingWindowInSeconds: 300 },
    ],
    [
      "a large batch of a stream",
      "dynamodb",
      { StartingPosition: "LATEST", BatchSize: 10_000 },
      { BatchSize: 10_000, MaximumBatchingWindowInSeconds: 0 },
    ],
    [
      "the position of a broker",
      "mq",
      { Queues: ["q"], SourceAccessConfigurations: [{ Type: "BASIC_AUTH" }], StartingPosition: "TRIM_HORIZON" },
      { StartingPosition: "TRIM_HORIZON" },
    ],
  ];
  for (const [name, kind, asked, part] of cases) test(name, () => assert.partialDeepStrictEqual(made(kind, asked), part));

  test("nothing empty is kept", () => {
    const empty: Options = {
      FilterCriteria: { Filters: [] },
      ScalingConfig: {},
      MetricsConfig: { Metrics: [] },
      KMSKeyArn: "",
      Topics: [],
      ProvisionedPollerConfig: {},
    };
    assert.deepEqual(made("sqs", empty), made("sqs", {}));
  });
});

describe("an update", () => {
  const cluster = made("msk", {
    ...topics,
    MetricsConfig: { Metrics: ["EventCount"] },
    KMSKeyArn: "arn:aws:kms:eu-central-1:123456789012:key/k",
    ProvisionedPollerConfig: { MinimumPollers: 5, MaximumPollers: 50 },
    DestinationConfig: { OnFailure: { Destination: "kafka://failed" } },
    AmazonManagedKafkaEventSourceConfig: schemas,
  });
  const updated = (asked: Options): Options => updatedOptions({ kind: "msk" }, cluster, asked);

  test("of nothing changes nothing", () => assert.deepEqual(updated({}), cluster));

  test("replaces what it names", () => {
    assert.deepEqual(
      updated({ BatchSize: 7, MetricsConfig: { Metrics: ["ErrorCount"] }, ProvisionedPollerConfig: { MinimumPollers: 2 } }),
      {
        ...cluster,
        BatchSize: 7,
        MetricsConfig: { Metrics: ["ErrorCount"] },
        ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 200 },
      },
    );
  });

  test("takes away what it names empty", () => {
    const { KMSKeyArn, MetricsConfig, ...rest } = cluster;
    assert.deepEqual(updated({ KMSKeyArn: "", MetricsConfig: {}, DestinationConfig: {} }), {
      ...rest,
      DestinationConfig: { OnFailure: {} },
    });
  });

  test("leaves the consumer group, and the schema registry until it is named empty", () => {
    assert.deepEqual(updated({ AmazonManagedKafkaEventSourceConfig: {} }), cluster);
    const without = updated({ AmazonManagedKafkaEventSourceConfig: { SchemaRegistryConfig: {} }, ProvisionedPollerConfig: {} });
    assert.deepEqual(without.AmazonManagedKafkaEventSourceConfig, { ConsumerGroupId: "group-1" });
    assert.equal("ProvisionedPollerConfig" in without, false);
  });

  test("checks what comes out of it, not only what it names", () => {
    assert.throws(() => updated({ ProvisionedPollerConfig: {} }), { message: "Required 'provisionedPollerConfig' parameter is missing." });
  });
});
