/**
 * Writes src/wire/constraints/<service>.json from botocore's service models, which alone hold lengths, ranges, patterns, enums and
 * required members. Prints where those models and the SDK's differ, because the two are not released together.
 * Needs python3 with pip; run by `npm run generate`.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { ServiceConstraints, Shape } from "#wire/constraints/constraints.ts";

const botocoreVersion = "1.43.107";

interface Service {
  /** Folder under src/services, name of the file written. */
  name: string;
  /** Folder under botocore's data. */
  botocore: string;
  sdk: string;
  /** What AWS was seen to do that its model does not say. */
  observed?: Observed;
}

interface Observed {
  hidesValues?: true;
  /** Lists whose items may be null: the messages do not demand otherwise. */
  sparse?: readonly string[];
  /** Lists of which AWS reports a bad item as if it were the list. */
  bare?: readonly string[];
  /** Members that the service checks by itself, with another error: `Structure.Member`. */
  unchecked?: readonly string[];
  /** Enums as messages print them: in another order, or without what has joined since. */
  printed?: Readonly<Record<string, readonly string[]>>;
  /** Lists with items of which the service takes fewer than the model says. */
  narrowed?: Readonly<Record<string, { item: string; enum: readonly string[] }>>;
}

const words = (text: string): string[] => text.trim().split(/\s+/);

/** As AWS prints them (recorded 2026-03): what PublishLayerVersion takes, what lists of layers can be filtered by. */
const runtimesOfLayers = words(`
  nodejs20.x python3.14 provided.al2023 python3.12 python3.13 nodejs24.x nodejs22.x java25 python3.10 python3.11 java21 ruby3.3
  ruby3.4 ruby3.2 python3.8 python3.9 java17 nodejs16.x dotnet10 dotnet8 java11 dotnet6 nodejs18.x provided.al2
  java8.al2
`);
const runtimesOfFilters = words(`
  ruby3.5 ruby2.6 dotnetcore1.0 python3.7 nodejs8.10 nasa ruby2.7 python2.7-greengrass dotnetcore2.0 python3.8 java21 dotnet6
  dotnetcore2.1 python3.9 java11 nodejs6.10 provided dotnetcore3.1 dotnet8 java25 java17 nodejs nodejs4.3 java8.al2
  go1.x dotnet10 nodejs20.x go1.9 byol nodejs10.x provided.al2023 nodejs22.x python3.10 java8 nodejs12.x python3.11
  nodejs24.x nodejs8.x python3.12 nodejs14.x nodejs8.9 nodejs26.x python3.13 python3.14 nodejs16.x python3.15 provided.al2 nodejs4.3-edge
  nodejs18.x ruby3.2 python3.4 ruby3.3 ruby3.4 ruby2.5 python3.6 python2.7
`);
const youngerRuntimes = words("java11.al2023 java17.al2023 java8.al2023 nodejs26.x python3.15 ruby4.0");

const services: readonly Service[] = [
  {
    name: "lambda",
    botocore: "lambda",
    sdk: "@aws-sdk/client-lambda",
    observed: {
      sparse: ["SubnetIds", "SecurityGroupIds"],
      bare: ["CompatibleRuntimes"],
      printed: {
        EventSourcePosition: ["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"],
        InvokeMode: ["RESPONSE_STREAM", "BUFFERED"],
        LayerRuntime: runtimesOfLayers,
        RecursiveLoop: ["Terminate", "Allow"],
        Runtime: runtimesOfFilters,
      },
      narrowed: { CompatibleRuntimes: { item: "LayerRuntime", enum: [...runtimesOfLayers, ...youngerRuntimes] } },
      unchecked: ["CreateFunctionRequest.Runtime", "UpdateFunctionConfigurationRequest.Runtime"],
    },
  },
  // Since 2024, e.g. https://github.com/aws/eks-hybrid/pull/113
  { name: "iam", botocore: "iam", sdk: "@aws-sdk/client-iam", observed: { hidesValues: true } },
  { name: "sts", botocore: "sts", sdk: "@aws-sdk/client-sts", observed: { hidesValues: true } },
  { name: "logs", botocore: "logs", sdk: "@aws-sdk/client-cloudwatch-logs" },
  {
    name: "sqs",
    botocore: "sqs",
    sdk: "@aws-sdk/client-sqs",
    // Recorded: "Unknown Attribute X." and the like, in errors of their own.
    observed: {
      unchecked: [
        "CreateQueueRequest.Attributes",
        "GetQueueAttributesRequest.AttributeNames",
        "ReceiveMessageRequest.AttributeNames",
        "ReceiveMessageRequest.MessageSystemAttributeNames",
        "SendMessageBatchRequestEntry.MessageAttributes",
        "SendMessageBatchRequestEntry.MessageSystemAttributes",
        "SendMessageRequest.MessageAttributes",
        "SendMessageRequest.MessageSystemAttributes",
        "SetQueueAttributesRequest.Attributes",
      ],
    },
  },
  { name: "sns", botocore: "sns", sdk: "@aws-sdk/client-sns" },
  { name: "xray", botocore: "xray", sdk: "@aws-sdk/client-xray" },
];

/** A service-2.json, as far as it matters here. */
interface Model {
  operations: Record<string, { input?: { shape: string } }>;
  shapes: Record<string, ModelShape>;
}

interface ModelShape {
  type: string;
  members?: Record<string, { shape: string }>;
  required?: string[];
  member?: { shape: string };
  key?: { shape: string };
  value?: { shape: string };
  min?: number;
  max?: number;
  pattern?: string;
  enum?: string[];
  sensitive?: boolean;
}

type Sdk = Readonly<Record<string, unknown>>;

const directory = await mkdtemp(join(tmpdir(), "botocore-"));
try {
  const pip = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--quiet",
    "--disable-pip-version-check",
    "--no-deps",
    "--no-compile",
    "--target",
    directory,
  ];
  execFileSync("python3", [...pip, `botocore==${botocoreVersion}`], { stdio: "inherit" });
  for (const service of services) await generate(service, join(directory, "botocore", "data", service.botocore));
} finally {
  await rm(directory, { recursive: true });
}

async function generate(service: Service, folder: string): Promise<void> {
  const model = await readModel(folder);
  const sdk = (await import(service.sdk)) as Sdk;
  const constraints = extract(model, sdk, service.observed ?? {});
  for (const difference of differences(
    model,
    Object.keys(constraints.shapes).filter((name) => name in model.shapes),
    sdk,
  ))
    console.log(`${service.name}: ${difference}`);
  await writeFile(join(import.meta.dirname, "..", "src", "wire", "constraints", `${service.name}.json`), render(constraints));
}

/** Reads the newest API version, as botocore does. */
async function readModel(folder: string): Promise<Model> {
  const version = (await readdir(folder)).toSorted().at(-1)!;
  return JSON.parse(gunzipSync(await readFile(join(folder, version, "service-2.json.gz"))).toString()) as Model;
}

function extract(model: Model, sdk: Sdk, observed: Observed): ServiceConstraints {
  const { sparse = [], bare = [], unchecked = [], printed = {}, narrowed = {}, hidesValues } = observed;
  const operations = Object.entries(model.operations).map(([name, { input }]) => [name, input?.shape ?? null] as const);
  const names = reachable(
    model,
    operations.flatMap(([, input]) => input ?? []),
  );
  for (const name of [...sparse, ...bare, ...Object.keys(narrowed), ...unchecked.map((member) => member.split(".")[0]!)]) {
    if (!names.includes(name)) throw new Error(`botocore has no input shape ${name}: update what was observed of it`);
  }
  const shapes = names.map((name) => {
    const shape = extractShape(name, model.shapes[name]!, sdk, unchecked);
    const item = narrowed[name]?.item;
    const flags = { ...(item && { item }), ...(sparse.includes(name) && { sparse: true }), ...(bare.includes(name) && { bare: true }) };
    return [name, { ...shape, ...flags } as Shape] as const;
  });
  for (const { item, enum: values } of Object.values(narrowed)) shapes.push([item, { kind: "string", enum: values }]);
  for (const [name, shape] of shapes) if (printed[name]) Object.assign(shape, { printed: printed[name] });
  return { ...(hidesValues && { hidesValues }), operations: Object.fromEntries(operations), shapes: Object.fromEntries(shapes) };
}

/** Names of the shapes that these shapes contain, and of themselves, sorted. */
function reachable({ shapes }: Model, roots: readonly string[]): string[] {
  const seen = new Set<string>();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const { members = {}, member, key, value } = shapes[name]!;
    waiting.push(...[...Object.values(members), member, key, value].flatMap((target) => target?.shape ?? []));
  }
  return [...seen].toSorted();
}

function extractShape(name: string, shape: ModelShape, sdk: Sdk, unchecked: readonly string[]): object {
  const { type: kind, members, required, member, key, value, min, max, pattern, sensitive } = shape;
  const checked = Object.entries(members ?? {}).filter(([memberName]) => !unchecked.includes(`${name}.${memberName}`));
  return {
    kind,
    members: members && Object.fromEntries(checked.map(([memberName, target]) => [memberName, target.shape])),
    required: required?.length === 0 ? undefined : required,
    item: member?.shape,
    key: key?.shape,
    value: value?.shape,
    min,
    max,
    pattern,
    enum: shape.enum && [...new Set([...shape.enum, ...(sdkEnum(sdk, name) ?? [])])],
    sensitive: sensitive || undefined,
  };
}

/** The SDK's names of shapes begin with a capital: botocore's `statusType` is its `StatusType`. */
function sdkName(name: string): string {
  return name[0]!.toUpperCase() + name.slice(1);
}

function sdkEnum(sdk: Sdk, name: string): string[] | undefined {
  const values = sdk[sdkName(name)];
  return typeof values === "object" && values !== null ? Object.values(values as Record<string, string>) : undefined;
}

function differences({ operations, shapes }: Model, shapeNames: readonly string[], sdk: Sdk): string[] {
  const isOperation = (schema: unknown): schema is [kind: 9, namespace: string, name: string] => Array.isArray(schema) && schema[0] === 9;
  const found = compare(
    "operation",
    Object.keys(operations),
    Object.values(sdk)
      .filter(isOperation)
      .map(([, , name]) => name),
  );
  for (const name of shapeNames) {
    const shape = shapes[name]!;
    const values = sdkEnum(sdk, name);
    if (shape.enum && values) found.push(...compare(`value of ${name}`, shape.enum, values));
    const schema = sdk[`${sdkName(name)}$`] as [kind: 3, namespace: string, name: string, traits: unknown, members: string[]] | undefined;
    if (shape.members && schema) found.push(...compare(`member of ${name}`, Object.keys(shape.members), schema[4]));
  }
  return found;
}

function compare(what: string, inBotocore: readonly string[], inSdk: readonly string[]): string[] {
  const only = (side: string, own: readonly string[], other: readonly string[]): string[] =>
    own.filter((name) => !other.includes(name)).map((name) => `only ${side} has ${what} ${name}`);
  return [...only("botocore", inBotocore, inSdk), ...only("the SDK", inSdk, inBotocore)];
}

/** One line for each operation and shape, so that an upgrade's diff can be read. */
function render({ operations, shapes, ...flags }: ServiceConstraints): string {
  const lines = (table: object): string =>
    Object.entries(table)
      .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
      .join(",\n");
  const head = Object.entries(flags).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)},\n`);
  return `{${head.join("")}"operations":{\n${lines(operations)}\n},"shapes":{\n${lines(shapes)}\n}}\n`;
}
