/** Errors of event source mappings as AWS answers them: first those recorded from AWS up to March 2026, then rules of AWS's in words of ours. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { CreateEventSourceMappingCommandInput, Lambda, UpdateEventSourceMappingCommandInput } from "@aws-sdk/client-lambda";
import { createFunction, eventually } from "#test/functions.ts";
import { accountId, connect, type Product, startProduct } from "#test/product.ts";
import { badParameter, describeRefusals, invalid, notFound, type Refusal, type RefusalRow } from "#test/refusals.ts";

const arnOf = (rest: string): string => `arn:aws:${rest.replace("::", `:us-east-1:${accountId}:`)}`;
const queue = arnOf("sqs::orders");
const fifoQueue = arnOf("sqs::orders.fifo");
const stream = arnOf("kinesis::stream/clicks");
const table = arnOf("dynamodb::table/orders/stream/2026-01-01T00:00:00.000");
const cluster = arnOf("kafka::cluster/events/6cc0432b-8618-4f44-bccc-e1fbd8fb7c4d-2");
const broker = arnOf("mq::broker:Orders:b-b4d492ef-bdc3-45e3-a781-cd1a3102ecca");
const database = arnOf("rds::cluster:documents");
const topic = arnOf("sns::failed");
const unknownUuid = "00000000-0000-4000-8000-000000000000";

type Changes = Partial<CreateEventSourceMappingCommandInput>;

const create = (changes: Changes) => (lambda: Lambda) => lambda.createEventSourceMapping({ FunctionName: "reader", ...changes });
const ofQueue = (changes: Changes) => create({ EventSourceArn: queue, ...changes });
const ofFifo = (changes: Changes) => create({ EventSourceArn: fifoQueue, ...changes });
const ofStream = (changes: Changes) => create({ EventSourceArn: stream, StartingPosition: "LATEST", ...changes });
const ofTable = (changes: Changes) => create({ EventSourceArn: table, StartingPosition: "LATEST", ...changes });
const ofCluster = (changes: Changes) => create({ EventSourceArn: cluster, Topics: ["topic"], StartingPosition: "LATEST", ...changes });
const access: NonNullable<Changes["SourceAccessConfigurations"]> = [{ Type: "BASIC_AUTH", URI: arnOf("secretsmanager::secret:s") }];
const ofBroker = (changes: Changes) =>
  create({ EventSourceArn: broker, Queues: ["orders"], SourceAccessConfigurations: access, ...changes });
const ofDatabase = (changes: Changes) =>
  create({
    EventSourceArn: database,
    DocumentDBEventSourceConfig: { DatabaseName: "shop" },
    StartingPosition: "LATEST",
    SourceAccessConfigurations: access,
    ...changes,
  });
const kafka: Changes = {
  SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["kafka:1000"] } },
  Topics: ["topic"],
  StartingPosition: "LATEST",
};
const ofKafka = (changes: Changes) => create({ ...kafka, SourceAccessConfigurations: access, ...changes });
const filtered = (...patterns: string[]): Changes => ({ FilterCriteria: { Filters: patterns.map((Pattern) => ({ Pattern })) } });
const pollers = (MinimumPollers: number, MaximumPollers: number, PollerGroupName?: string): Changes => ({
  ProvisionedPollerConfig: { MinimumPollers, MaximumPollers, ...(PollerGroupName !== undefined && { PollerGroupName }) },
});

const unsupported = (name: string): Refusal => badParameter(`Unsupported ${name} parameter for given event source mapping type.`);
const missing = (name: string): Refusal => badParameter(`Required '${name}' parameter is missing.`);
const noPosition = badParameter(
  "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
);
const badFilter = badParameter("Invalid filter pattern definition.");
const unrecognized = badParameter("Unrecognized event source.");
const notForQueues = badParameter("StartingPosition is not valid for SQS event sources.");
const timestampOnly = badParameter("Timestamp only valid with StartingPosition AT_TIMESTAMP");
const noMapping = notFound("The resource you requested does not exist.");
const noFunction = badParameter("Function does not exist");

const recorded: RefusalRow[] = [
  ["no event source", create({}), unrecognized],
  ["an ARN of no event source", create({ EventSourceArn: arnOf("s3::bucket") }), unrecognized],
  ["a table instead of its stream", create({ EventSourceArn: arnOf("dynamodb::table/orders"), StartingPosition: "LATEST" }), unrecognized],
  ["a self-managed cluster without access", create(kafka), missing("sourceAccessConfigurations")],
  ["a stream without a position", create({ EventSourceArn: stream }), noPosition],
  ["a table's stream without a position", create({ EventSourceArn: table }), noPosition],
  [
    "no position at all",
    ofStream({ StartingPosition: "0" as "LATEST" }),
    invalid("'0'", "startingPosition", "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"),
  ],
  [
    "a time in a table's stream",
    ofTable({ StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: new Date(0) }),
    badParameter(`Unsupported starting position for arn type: ${table}`),
  ],
  ["a time with another position", ofStream({ StartingPositionTimestamp: new Date(0) }), timestampOnly],
  ["a time with another position of a table", ofTable({ StartingPositionTimestamp: new Date(0) }), timestampOnly],
  [
    "a time before 1970",
    ofStream({ StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: new Date(-1_000) }),
    badParameter("Received Exception while reading from provided stream. class java.lang.Long can not be converted to a Timestamp"),
  ],
  [
    "a queue that is not there",
    create({ EventSourceArn: arnOf("sqs::missing") }),
    badParameter(
      "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.",
    ),
  ],
  [
    "a queue whose messages come back before the function is done",
    create({ EventSourceArn: arnOf("sqs::hasty") }),
    badParameter("Queue visibility timeout: 5 seconds is less than Function timeout: 10 seconds"),
  ],
  ["a position in a queue", ofQueue({ StartingPosition: "TRIM_HORIZON" }), notForQueues],
  ["a time in a queue", ofQueue({ StartingPositionTimestamp: new Date(0) }), notForQueues],
  [
    "a large batch without a window",
    ofQueue({ BatchSize: 11 }),
    badParameter("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"),
  ],
  ["a destination of successes", ofStream({ DestinationConfig: { OnSuccess: { Destination: topic } } }), unsupported("DestinationConfig")],
  ["a destination for a queue", ofQueue({ DestinationConfig: { OnFailure: { Destination: topic } } }), unsupported("DestinationConfig")],
  ["a filter that is no JSON", ofQueue(filtered("single-string")), badFilter],
  ["a filter that is a text", ofQueue(filtered('"single-string"')), badFilter],
  ["a filter that is a list", ofTable(filtered('[{"eventName": ["INSERT"]}]')), badFilter],
  ["a filter with broken JSON", ofTable(filtered('[{"eventName": ["INSERT"=123}]')), badFilter],
  ["a filter whose leaf is no list", ofQueue(filtered('{"body": "x"}')), badFilter],
  ["a filter with an unknown operator", ofQueue(filtered('{"body": [{"contains": "x"}]}')), badFilter],
  ["a second filter that is wrong", ofQueue(filtered('{"body": ["x"]}', "{}")), badFilter],
  ["a function that is not there", ofQueue({ FunctionName: "doesnotexist" }), noFunction],
  ["a version that is not there", ofQueue({ FunctionName: "reader:7" }), noFunction],
  ["an alias that is not there", ofQueue({ FunctionName: "reader:noalias" }), noFunction],
  [
    "too many tags",
    ofQueue({ Tags: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, "v"])) }),
    badParameter("Number of tags exceeds resource tag limit."),
  ],
  ["GetEventSourceMapping of an unknown UUID", (lambda) => lambda.getEventSourceMapping({ UUID: unknownUuid }), noMapping],
  [
    "UpdateEventSourceMapping of an unknown UUID",
    (lambda) => lambda.updateEventSourceMapping({ UUID: unknownUuid, BatchSize: 1 }),
    noMapping,
  ],
  ["DeleteEventSourceMapping of an unknown UUID", (lambda) => lambda.deleteEventSourceMapping({ UUID: unknownUuid }), noMapping],
  [
    "ListTags of an unknown UUID",
    (lambda) => lambda.listTags({ Resource: arnOf(`lambda::event-source-mapping:${unknownUuid}`) }),
    notFound(`Event source mapping not found: ${arnOf(`lambda::event-source-mapping:${unknownUuid}`)}`),
  ],
  [
    "TagResource of another region's mapping",
    (lambda) =>
      lambda.tagResource({ Resource: `arn:aws:lambda:eu-west-1:${accountId}:event-source-mapping:${unknownUuid}`, Tags: { a: "b" } }),
    notFound(`Event source mapping not found: arn:aws:lambda:eu-west-1:${accountId}:event-source-mapping:${unknownUuid}`),
  ],
];

/** The option table of the reference: what does not go with a source. */
const untaken: RefusalRow[] = [
  ["ParallelizationFactor of a queue", ofQueue({ ParallelizationFactor: 2 }), unsupported("ParallelizationFactor")],
  ["TumblingWindowInSeconds of a queue", ofQueue({ TumblingWindowInSeconds: 1 }), unsupported("TumblingWindowInSeconds")],
  ["BisectBatchOnFunctionError of a queue", ofQueue({ BisectBatchOnFunctionError: true }), unsupported("BisectBatchOnFunctionError")],
  ["MaximumRetryAttempts of a queue", ofQueue({ MaximumRetryAttempts: 1 }), unsupported("MaximumRetryAttempts")],
  ["MaximumRecordAgeInSeconds of a queue", ofQueue({ MaximumRecordAgeInSeconds: 60 }), unsupported("MaximumRecordAgeInSeconds")],
  ["LoggingConfig of a queue", ofQueue({ LoggingConfig: { SystemLogLevel: "INFO" } }), unsupported("LoggingConfig")],
  ["SourceAccessConfigurations of a queue", ofQueue({ SourceAccessConfigurations: access }), unsupported("SourceAccessConfigurations")],
  ["Topics of a queue", ofQueue({ Topics: ["topic"] }), unsupported("Topics")],
  ["Queues of a queue", ofQueue({ Queues: ["queue"] }), unsupported("Queues")],
  ["ScalingConfig of a stream", ofStream({ ScalingConfig: { MaximumConcurrency: 2 } }), unsupported("ScalingConfig")],
  ["ProvisionedPollerConfig of a stream", ofStream(pollers(1, 2)), unsupported("ProvisionedPollerConfig")],
  ["LoggingConfig of a table's stream", ofTable({ LoggingConfig: { SystemLogLevel: "INFO" } }), unsupported("LoggingConfig")],
  ["ParallelizationFactor of a cluster", ofCluster({ ParallelizationFactor: 2 }), unsupported("ParallelizationFactor")],
  ["TumblingWindowInSeconds of a cluster", ofKafka({ TumblingWindowInSeconds: 1 }), unsupported("TumblingWindowInSeconds")],
  ["ScalingConfig of a cluster", ofCluster({ ScalingConfig: { MaximumConcurrency: 2 } }), unsupported("ScalingConfig")],
  [
    "the other Kafka's configuration",
    ofCluster({ SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: "g" } }),
    unsupported("SelfManagedKafkaEventSourceConfig"),
  ],
  [
    "Amazon's configuration of one's own Kafka",
    ofKafka({ AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: "g" } }),
    unsupported("AmazonManagedKafkaEventSourceConfig"),
  ],
  [
    "DestinationConfig of a broker",
    ofBroker({ DestinationConfig: { OnFailure: { Destination: topic } } }),
    unsupported("DestinationConfig"),
  ],
  [
    "FunctionResponseTypes of a broker",
    ofBroker({ FunctionResponseTypes: ["ReportBatchItemFailures"] }),
    unsupported("FunctionResponseTypes"),
  ],
  ["MaximumRetryAttempts of a broker", ofBroker({ MaximumRetryAttempts: 1 }), unsupported("MaximumRetryAttempts")],
  ["ProvisionedPollerConfig of a broker", ofBroker(pollers(1, 2)), unsupported("ProvisionedPollerConfig")],
  ["LATEST of a broker", ofBroker({ StartingPosition: "LATEST" }), badParameter(`Unsupported starting position for arn type: ${broker}`)],
  [
    "DestinationConfig of a document database",
    ofDatabase({ DestinationConfig: { OnFailure: { Destination: topic } } }),
    unsupported("DestinationConfig"),
  ],
  ["MetricsConfig of a document database", ofDatabase({ MetricsConfig: { Metrics: ["EventCount"] } }), unsupported("MetricsConfig")],
  [
    "DocumentDBEventSourceConfig of a queue",
    ofQueue({ DocumentDBEventSourceConfig: { DatabaseName: "d" } }),
    unsupported("DocumentDBEventSourceConfig"),
  ],
  ["a cluster without a topic", create({ EventSourceArn: cluster, StartingPosition: "LATEST" }), missing("topics")],
  ["a cluster without a position", create({ EventSourceArn: cluster, Topics: ["topic"] }), missing("startingPosition")],
  ["a broker without a queue", create({ EventSourceArn: broker, SourceAccessConfigurations: access }), missing("queues")],
  ["a broker without access", create({ EventSourceArn: broker, Queues: ["queue"] }), missing("sourceAccessConfigurations")],
  ["a document database without its name", ofDatabase({ DocumentDBEventSourceConfig: {} }), missing("documentDBEventSourceConfig")],
  [
    "a document database without a position",
    create({ EventSourceArn: database, DocumentDBEventSourceConfig: { DatabaseName: "d" }, SourceAccessConfigurations: access }),
    missing("startingPosition"),
  ],
  ["an ARN and a self-managed cluster", create({ ...kafka, EventSourceArn: cluster }), unrecognized],
];

/** Rules of AWS's in our words. */
const ours: RefusalRow[] = [
  [
    "a batching window of a FIFO queue",
    ofFifo({ MaximumBatchingWindowInSeconds: 1 }),
    badParameter("Batching window is not supported for FIFO queues"),
  ],
  ["a large batch of a FIFO queue", ofFifo({ BatchSize: 11 }), badParameter("Maximum batch size for FIFO queues is 10")],
  [
    "AT_TIMESTAMP without a time",
    ofStream({ StartingPosition: "AT_TIMESTAMP" }),
    badParameter("StartingPositionTimestamp is required with StartingPosition AT_TIMESTAMP"),
  ],
  [
    "a time in the future",
    ofStream({ StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: new Date("2999-01-01") }),
    badParameter("StartingPositionTimestamp cannot be in the future."),
  ],
  ["a record age of 0", ofStream({ MaximumRecordAgeInSeconds: 0 }), badParameter("MaximumRecordAgeInSeconds must be -1 or at least 60.")],
  ["a record age of 59", ofStream({ MaximumRecordAgeInSeconds: 59 }), badParameter("MaximumRecordAgeInSeconds must be -1 or at least 60.")],
  [
    "six filters",
    ofQueue(filtered(...Array.from({ length: 6 }, () => '{"a": [1]}'))),
    badParameter("Number of filters exceeds the limit of 5."),
  ],
  [
    "a function for a destination",
    ofStream({ DestinationConfig: { OnFailure: { Destination: arnOf("lambda::function:reader") } } }),
    badParameter(
      `The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${arnOf("lambda::function:reader")})) is invalid.`,
    ),
  ],
  [
    "a FIFO queue for a destination",
    ofStream({ DestinationConfig: { OnFailure: { Destination: fifoQueue } } }),
    badParameter(
      `The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${fifoQueue})) is invalid.`,
    ),
  ],
  [
    "a topic of Kafka for a stream's destination",
    ofStream({ DestinationConfig: { OnFailure: { Destination: "kafka://failed" } } }),
    badParameter(
      "The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=kafka://failed)) is invalid.",
    ),
  ],
  ["one poller of a queue", ofQueue(pollers(1, 10)), badParameter("MinimumPollers must be at least 2.")],
  ["too many pollers", ofCluster(pollers(1, 2_001)), badParameter("MaximumPollers must be at most 2000.")],
  [
    "fewer pollers at most than at least",
    ofCluster(pollers(5, 4)),
    badParameter("MinimumPollers must be less than or equal to MaximumPollers."),
  ],
  ["a group of pollers of a queue", ofQueue(pollers(2, 4, "group")), unsupported("PollerGroupName")],
  [
    "pollers and a concurrency",
    ofQueue({ ...pollers(2, 4), ScalingConfig: { MaximumConcurrency: 2 } }),
    badParameter("ScalingConfig and ProvisionedPollerConfig cannot be used together."),
  ],
  [
    "a metric of Kafka for a queue",
    ofQueue({ MetricsConfig: { Metrics: ["KafkaMetrics"] } }),
    badParameter("Unsupported metric KafkaMetrics for given event source mapping type."),
  ],
  [
    "a virtual host of a cluster",
    ofCluster({ SourceAccessConfigurations: [{ Type: "VIRTUAL_HOST", URI: "/" }] }),
    badParameter("Unsupported source access type VIRTUAL_HOST for given event source mapping type."),
  ],
  [
    "a schema registry without pollers",
    ofCluster({ AmazonManagedKafkaEventSourceConfig: { SchemaRegistryConfig: { SchemaRegistryURI: "https://r" } } }),
    missing("provisionedPollerConfig"),
  ],
  [
    "a schema registry without a format",
    ofCluster({ ...pollers(1, 2), AmazonManagedKafkaEventSourceConfig: { SchemaRegistryConfig: { SchemaRegistryURI: "https://r" } } }),
    missing("eventRecordFormat"),
  ],
];

const outOfRange = (value: number, member: string, bound: string, limit: number): Refusal =>
  invalid(`'${value}'`, member, `Member must have value ${bound} than or equal to ${limit}`);

const modelled: RefusalRow[] = [
  ["BatchSize 0", ofQueue({ BatchSize: 0 }), outOfRange(0, "batchSize", "greater", 1)],
  ["BatchSize 10,001", ofQueue({ BatchSize: 10_001 }), outOfRange(10_001, "batchSize", "less", 10_000)],
  [
    "MaximumBatchingWindowInSeconds 301",
    ofQueue({ MaximumBatchingWindowInSeconds: 301 }),
    outOfRange(301, "maximumBatchingWindowInSeconds", "less", 300),
  ],
  [
    "MaximumConcurrency 1",
    ofQueue({ ScalingConfig: { MaximumConcurrency: 1 } }),
    outOfRange(1, "scalingConfig.maximumConcurrency", "greater", 2),
  ],
  ["ParallelizationFactor 11", ofStream({ ParallelizationFactor: 11 }), outOfRange(11, "parallelizationFactor", "less", 10)],
  ["TumblingWindowInSeconds 901", ofStream({ TumblingWindowInSeconds: 901 }), outOfRange(901, "tumblingWindowInSeconds", "less", 900)],
  ["MaximumRetryAttempts 10,001", ofStream({ MaximumRetryAttempts: 10_001 }), outOfRange(10_001, "maximumRetryAttempts", "less", 10_000)],
  [
    "MaximumRecordAgeInSeconds 604,801",
    ofStream({ MaximumRecordAgeInSeconds: 604_801 }),
    outOfRange(604_801, "maximumRecordAgeInSeconds", "less", 604_800),
  ],
];

let product: Product;
const uuids = { queue: "", stream: "", table: "", kafka: "", kafkas: "", cluster: "" };
const kafkas: Changes = { SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["kafka:1000", "kafka:2000"] } } };

before(async () => {
  product = await startProduct();
  const { lambda, sqs } = product;
  await createFunction(lambda, "reader", "exports.handler = async () => {};");
  await sqs.createQueue({ QueueName: "orders" });
  await sqs.createQueue({ QueueName: "orders.fifo", Attributes: { FifoQueue: "true" } });
  await sqs.createQueue({ QueueName: "hasty", Attributes: { VisibilityTimeout: "5" } });
  const calls = {
    queue: ofQueue({}),
    stream: ofStream({}),
    table: ofTable({}),
    kafka: ofKafka({}),
    kafkas: ofKafka(kafkas),
    cluster: ofCluster({}),
  };
  for (const [name, call] of Object.entries(calls)) uuids[name as keyof typeof uuids] = (await call(lambda)).UUID!;
  await eventually(
    () => lambda.listEventSourceMappings({}),
    ({ EventSourceMappings }) => EventSourceMappings!.every(({ State }) => State === "Enabled"),
  );
});
after(() => product[Symbol.asyncDispose]());

const functionArn = arnOf("lambda::function:reader");

const queueConflict = `An event source mapping with SQS arn (" ${queue} ") and function (" reader ") already exists.`;
const streamConflict = (arn: string): string =>
  `The event source arn (" ${arn} ") and function (" reader ") provided mapping already exists.`;
const kafkaConflict = (servers: string): string =>
  `An event source mapping with event source ("${servers}"), function ("${functionArn}"), topics ("topic") already exists.`;

/** The messages name a mapping that exists only once the tests run. */
const duplicates: Array<[mapping: keyof typeof uuids, call: (lambda: Lambda) => Promise<unknown>, words: string]> = [
  ["queue", ofQueue({}), queueConflict],
  ["stream", ofStream({}), streamConflict(stream)],
  ["table", ofTable({}), streamConflict(table)],
  ["kafka", ofKafka({}), kafkaConflict("kafka:1000")],
  ["kafkas", ofKafka(kafkas), kafkaConflict("kafka:1000,kafka:2000")],
  ["cluster", ofCluster({}), kafkaConflict(cluster)],
];

const update = (mapping: keyof typeof uuids, changes: Partial<UpdateEventSourceMappingCommandInput>) => (lambda: Lambda) =>
  lambda.updateEventSourceMapping({ UUID: uuids[mapping], ...changes });

const updates: RefusalRow[] = [
  ["a function that is not there", update("queue", { FunctionName: "doesnotexist" }), noFunction],
  [
    "a large batch without a window",
    update("queue", { BatchSize: 11 }),
    badParameter("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"),
  ],
  ["a stream's option for a queue", update("queue", { ParallelizationFactor: 2 }), unsupported("ParallelizationFactor")],
  ["a filter that is no JSON", update("stream", { FilterCriteria: { Filters: [{ Pattern: "{" }] } }), badFilter],
  ["a filter without a pattern", update("stream", { FilterCriteria: { Filters: [{}] } }), badFilter],
  [
    "a destination of successes",
    update("stream", { DestinationConfig: { OnSuccess: { Destination: topic } } }),
    unsupported("DestinationConfig"),
  ],
  ["no access to a self-managed cluster", update("kafka", { SourceAccessConfigurations: [] }), missing("sourceAccessConfigurations")],
  [
    "a consumer group",
    update("cluster", { AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: "other" } }),
    badParameter("Unsupported 'amazonManagedKafkaEventSourceConfig.consumerGroupId' parameter for given event source mapping type."),
  ],
];

const connectToProduct = (): Lambda => connect(product.endpoint).lambda;
describeRefusals("CreateEventSourceMapping, as recorded, refuses", connectToProduct, recorded);
describeRefusals("CreateEventSourceMapping of the wrong source refuses", connectToProduct, untaken);
describeRefusals("CreateEventSourceMapping by the guide refuses", connectToProduct, ours);
describeRefusals("CreateEventSourceMapping by the model refuses", connectToProduct, modelled);
describe("CreateEventSourceMapping of a source that is mapped already refuses", () => {
  for (const [mapping, call, words] of duplicates) {
    test(mapping, () => {
      const message = `${words} Please update or delete the existing mapping with UUID ${uuids[mapping]}`;
      return assert.rejects(call(product.lambda), { name: "ResourceConflictException", message, Type: "User" });
    });
  }
});
describeRefusals("UpdateEventSourceMapping refuses", connectToProduct, updates);
