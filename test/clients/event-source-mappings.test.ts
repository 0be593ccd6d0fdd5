/** Event source mappings as the AWS SDK sees them: every answer member for member. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { EventSourceMappingConfiguration, EventSourceMappingConfiguration as Mapping, Lambda } from "@aws-sdk/client-lambda";
import { createFunction, eventually } from "#test/functions.ts";
import { accountId, type Product, startProduct } from "#test/product.ts";

const functionArn = `arn:aws:lambda:us-east-1:${accountId}:function:reader`;
const arnOf = (rest: string): string => `arn:aws:${rest.replace("::", `:us-east-1:${accountId}:`)}`;
const secretArn = arnOf("secretsmanager::secret:broker-AbCdEf");
const access = [{ Type: "BASIC_AUTH", URI: secretArn }] as const;

describe("an event source mapping", () => {
  let product: Product;
  let lambda: Lambda;

  before(async () => {
    product = await startProduct();
    ({ lambda } = product);
    await createFunction(lambda, "reader", "exports.handler = async () => {};");
    const numbered = ["qualified-0", "qualified-1", "qualified-2", "qualified-3", "listed-1", "listed-2", "listed-3"];
    for (const QueueName of ["orders", "states", "busy", "updated", "encrypted", "tagged", ...numbered])
      await product.sqs.createQueue({ QueueName });
  });
  after(() => product[Symbol.asyncDispose]());

  const settled = (uuid: string): Promise<Mapping> =>
    eventually(
      () => lambda.getEventSourceMapping({ UUID: uuid }),
      ({ State }) => State === "Enabled" || State === "Disabled",
    );

  /** Creates it and gives the answer without what differs from time to time, which is checked here. */
  async function created(
    input: Omit<Parameters<Lambda["createEventSourceMapping"]>[0], "FunctionName">,
  ): Promise<{ uuid: string; shown: Mapping }> {
    const { $metadata, ...answer } = await lambda.createEventSourceMapping({ FunctionName: "reader", ...input });
    assert.equal($metadata.httpStatusCode, 202);
    assert.equal(answer.State, "Creating");
    return { uuid: answer.UUID!, shown: checked(answer) };
  }

  function checked({ UUID, LastModified, EventSourceMappingArn, State: _state, ...shown }: EventSourceMappingConfiguration): Mapping {
    assert.match(UUID!, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.ok(LastModified instanceof Date);
    assert.equal(EventSourceMappingArn, arnOf(`lambda::event-source-mapping:${UUID}`));
    return shown;
  }

  test("of a queue", async () => {
    const EventSourceArn = arnOf("sqs::orders");
    const { uuid, shown } = await created({ EventSourceArn });
    const expected = {
      EventSourceArn,
      FunctionArn: functionArn,
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 0,
      FunctionResponseTypes: [],
      StateTransitionReason: "USER_INITIATED",
    };
    assert.deepEqual(shown, expected);
    const { State, ...got } = await settled(uuid);
    const { $metadata, ...rest } = got as typeof got & { $metadata: { httpStatusCode: number } };
    assert.equal(State, "Enabled");
    assert.equal($metadata.httpStatusCode, 200);
    assert.deepEqual(checked(rest), expected);
  });

  for (const [name, resource, settings] of [
    ["a stream", "kinesis::stream/clicks", { StartingPosition: "TRIM_HORIZON" }],
    ["a stream's consumer", "kinesis::stream/clicks/consumer/reader:1525898737", { StartingPosition: "LATEST" }],
    ["a table's stream", "dynamodb::table/orders/stream/2026-01-01T00:00:00.000", { StartingPosition: "LATEST" }],
  ] as const) {
    test(`of ${name}`, async () => {
      const EventSourceArn = arnOf(resource);
      const { shown } = await created({ EventSourceArn, ...settings });
      assert.deepEqual(shown, {
        EventSourceArn,
        FunctionArn: functionArn,
        ...settings,
        BatchSize: 100,
        BisectBatchOnFunctionError: false,
        DestinationConfig: { OnFailure: {} },
        FunctionResponseTypes: [],
        LastProcessingResult: "No records processed",
        MaximumBatchingWindowInSeconds: 0,
        MaximumRecordAgeInSeconds: -1,
        MaximumRetryAttempts: -1,
        ParallelizationFactor: 1,
        StateTransitionReason: "User action",
        TumblingWindowInSeconds: 0,
      });
    });
  }

  test("of a Kafka cluster, ours and Amazon's", async () => {
    const settings = { Topics: ["topic"], StartingPosition: "TRIM_HORIZON", SourceAccessConfigurations: [...access] } as const;
    const SelfManagedEventSource = { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["kafka:1000"] } };
    const own = await created({ ...settings, Topics: ["topic"], SourceAccessConfigurations: [...access], SelfManagedEventSource });
    const { SelfManagedKafkaEventSourceConfig, ...shown } = own.shown;
    assert.match(SelfManagedKafkaEventSourceConfig!.ConsumerGroupId!, /^[0-9a-f-]{36}$/);
    const shared = {
      ...settings,
      FunctionArn: functionArn,
      BatchSize: 100,
      DestinationConfig: { OnFailure: {} },
      FunctionResponseTypes: [],
      LastProcessingResult: "No records processed",
      StateTransitionReason: "USER_INITIATED",
    };
    assert.deepEqual(shown, { ...shared, SelfManagedEventSource });

    const EventSourceArn = arnOf("kafka::cluster/events/6cc0432b-8618-4f44-bccc-e1fbd8fb7c4d-2");
    const amazons = await created({
      EventSourceArn,
      Topics: ["topic"],
      StartingPosition: "AT_TIMESTAMP",
      StartingPositionTimestamp: new Date("2026-01-01T00:00:00Z"),
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: "group" },
      ProvisionedPollerConfig: { MinimumPollers: 3 },
      LoggingConfig: { SystemLogLevel: "DEBUG" },
      MetricsConfig: { Metrics: ["EventCount", "KafkaMetrics"] },
      DestinationConfig: { OnFailure: { Destination: "kafka://failed" } },
    });
    const { SourceAccessConfigurations, ...rest } = shared;
    assert.deepEqual(amazons.shown, {
      ...rest,
      EventSourceArn,
      StartingPosition: "AT_TIMESTAMP",
      StartingPositionTimestamp: new Date("2026-01-01T00:00:00Z"),
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: "group" },
      ProvisionedPollerConfig: { MinimumPollers: 3, MaximumPollers: 200 },
      LoggingConfig: { SystemLogLevel: "DEBUG" },
      MetricsConfig: { Metrics: ["EventCount", "KafkaMetrics"] },
      DestinationConfig: { OnFailure: { Destination: "kafka://failed" } },
    });
    assert.deepEqual((await settled(amazons.uuid)).StartingPositionTimestamp, new Date("2026-01-01T00:00:00Z"));
  });

  test("of a broker and of a document database", async () => {
    const shared = {
      FunctionArn: functionArn,
      BatchSize: 100,
      LastProcessingResult: "No records processed",
      StateTransitionReason: "USER_INITIATED",
    };
    const broker = {
      EventSourceArn: arnOf("mq::broker:Orders:b-b4d492ef-bdc3-45e3-a781-cd1a3102ecca"),
      Queues: ["orders"],
      SourceAccessConfigurations: [...access],
    };
    assert.deepEqual((await created(broker)).shown, { ...shared, ...broker });
    const database = {
      EventSourceArn: arnOf("rds::cluster:documents"),
      DocumentDBEventSourceConfig: { DatabaseName: "shop", CollectionName: "orders", FullDocument: "UpdateLookup" },
      StartingPosition: "LATEST",
      SourceAccessConfigurations: [...access],
    } as const;
    assert.deepEqual((await created({ ...database, SourceAccessConfigurations: [...access] })).shown, { ...shared, ...database });
  });

  test("goes through its states", async () => {
    const { uuid } = await created({ EventSourceArn: arnOf("sqs::states"), Enabled: false });
    assert.equal((await settled(uuid)).State, "Disabled");

    const state = async (change: { Enabled?: boolean; BatchSize?: number }): Promise<[string, string]> => {
      const { State, $metadata } = await lambda.updateEventSourceMapping({ UUID: uuid, ...change });
      assert.equal($metadata.httpStatusCode, 202);
      return [State!, (await settled(uuid)).State!];
    };
    assert.deepEqual(await state({ BatchSize: 5 }), ["Updating", "Disabled"]);
    assert.deepEqual(await state({ Enabled: true }), ["Enabling", "Enabled"]);
    assert.deepEqual(await state({ BatchSize: 6 }), ["Updating", "Enabled"]);
    assert.deepEqual(await state({ Enabled: false, BatchSize: 7 }), ["Disabling", "Disabled"]);
    assert.equal((await settled(uuid)).BatchSize, 7);

    const deleted = await lambda.deleteEventSourceMapping({ UUID: uuid });
    assert.equal(deleted.State, "Deleting");
    assert.equal(deleted.$metadata.httpStatusCode, 202);
    const gone = await eventually(
      () =>
        lambda.getEventSourceMapping({ UUID: uuid }).then(
          () => "",
          (error: Error) => error.name,
        ),
      (name) => name !== "",
    );
    assert.equal(gone, "ResourceNotFoundException");
  });

  test("is not changed while it changes", async () => {
    const { uuid } = await created({ EventSourceArn: arnOf("sqs::busy") });
    const inUse = (verb: string): object => ({
      name: "ResourceInUseException",
      message: `Cannot ${verb} the event source mapping because it is in use.`,
    });
    await assert.rejects(lambda.updateEventSourceMapping({ UUID: uuid, BatchSize: 1 }), inUse("update"));
    await assert.rejects(lambda.deleteEventSourceMapping({ UUID: uuid }), inUse("delete"));
    await settled(uuid);
    await lambda.updateEventSourceMapping({ UUID: uuid, BatchSize: 1 });
  });

  test("is updated: what is named is replaced, an empty value takes away", async () => {
    const pattern = JSON.stringify({ body: { kind: ["order"] } });
    const { uuid, shown } = await created({
      EventSourceArn: arnOf("sqs::updated"),
      FilterCriteria: { Filters: [{ Pattern: pattern }] },
      ScalingConfig: { MaximumConcurrency: 5 },
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
    assert.deepEqual(shown.FilterCriteria, { Filters: [{ Pattern: pattern }] });
    assert.deepEqual(shown.ScalingConfig, { MaximumConcurrency: 5 });
    await settled(uuid);
    await lambda.updateEventSourceMapping({
      UUID: uuid,
      FilterCriteria: {},
      ScalingConfig: {},
      BatchSize: 20,
      MaximumBatchingWindowInSeconds: 1,
    });
    const updated = await settled(uuid);
    assert.equal("FilterCriteria" in updated, false);
    assert.equal("ScalingConfig" in updated, false);
    assert.deepEqual(updated.FunctionResponseTypes, ["ReportBatchItemFailures"]);
    assert.equal(updated.BatchSize, 20);
    // The old window and the new size do not go together.
    await assert.rejects(lambda.updateEventSourceMapping({ UUID: uuid, MaximumBatchingWindowInSeconds: 0 }), {
      name: "InvalidParameterValueException",
    });
  });

  test("keeps the function as it was qualified, and outlives it", async () => {
    const name = "short-lived";
    await createFunction(lambda, name, "exports.handler = async () => {};");
    const arn = arnOf(`lambda::function:${name}`);
    const forms = [name, `${accountId}:function:${name}`, arn, `${name}:$LATEST`];
    const mapped: string[] = [];
    for (const [index, FunctionName] of forms.entries()) {
      mapped.push((await lambda.createEventSourceMapping({ FunctionName, EventSourceArn: arnOf(`sqs::qualified-${index}`) })).FunctionArn!);
    }
    assert.deepEqual(mapped, [arn, arn, arn, `${arn}:$LATEST`]);
    await lambda.deleteFunction({ FunctionName: name });
    const { EventSourceMappings } = await lambda.listEventSourceMappings({ FunctionName: name });
    assert.equal(EventSourceMappings!.length, 3);
    await settled(EventSourceMappings![0]!.UUID!);
  });

  test("is listed by its ends, in pages", async () => {
    await createFunction(lambda, "listed", "exports.handler = async () => {};");
    const uuids = new Set<string>();
    for (const index of [1, 2, 3]) {
      const { UUID } = await lambda.createEventSourceMapping({ FunctionName: "listed", EventSourceArn: arnOf(`sqs::listed-${index}`) });
      uuids.add(UUID!);
    }
    const first = await lambda.listEventSourceMappings({ FunctionName: "listed", MaxItems: 2 });
    assert.equal(first.EventSourceMappings!.length, 2);
    const second = await lambda.listEventSourceMappings({ FunctionName: "listed", MaxItems: 2, Marker: first.NextMarker! });
    assert.equal("NextMarker" in second, false);
    assert.deepEqual(new Set([...first.EventSourceMappings!, ...second.EventSourceMappings!].map(({ UUID }) => UUID)), uuids);
    const bySource = await lambda.listEventSourceMappings({ EventSourceArn: arnOf("sqs::listed-2") });
    assert.deepEqual(
      bySource.EventSourceMappings!.map(({ FunctionArn }) => FunctionArn),
      [arnOf("lambda::function:listed")],
    );
    assert.deepEqual(
      (await lambda.listEventSourceMappings({ EventSourceArn: arnOf("sqs::listed-2"), FunctionName: "reader" })).EventSourceMappings,
      [],
    );
  });

  test("hides encrypted filters in lists", async () => {
    const FilterCriteria = { Filters: [{ Pattern: '{"a": [1]}' }] };
    const EventSourceArn = arnOf("sqs::encrypted");
    const { uuid } = await created({ EventSourceArn, FilterCriteria, KMSKeyArn: arnOf("kms::key/k") });
    const { EventSourceMappings } = await lambda.listEventSourceMappings({ EventSourceArn });
    assert.equal("FilterCriteria" in EventSourceMappings![0]!, false);
    assert.deepEqual((await lambda.getEventSourceMapping({ UUID: uuid })).FilterCriteria, FilterCriteria);
  });

  test("has tags", async () => {
    const { EventSourceMappingArn: Resource } = await lambda.createEventSourceMapping({
      FunctionName: "reader",
      EventSourceArn: arnOf("sqs::tagged"),
      Tags: { team: "red", cost: "1" },
    });
    await lambda.tagResource({ Resource, Tags: { team: "blue" } });
    await lambda.untagResource({ Resource, TagKeys: ["cost"] });
    assert.deepEqual((await lambda.listTags({ Resource })).Tags, { team: "blue" });
  });
});
