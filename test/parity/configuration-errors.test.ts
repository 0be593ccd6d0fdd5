/** Errors of layers and of the rest of the configuration as AWS answers them. Recorded from AWS up to March 2026, but for those that are marked. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import {
  type CreateFunctionCommandInput,
  type Lambda,
  type UpdateFunctionConfigurationCommandInput,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { createFunction, nodeRuntime } from "#test/functions.ts";
import { addImage } from "#test/oci-layouts.ts";
import { zipOf } from "#test/packages.ts";
import { accountId, connect, type Product, roleArn, startProduct } from "#test/product.ts";
import {
  badParameter,
  conflict,
  describeRefusals,
  invalid,
  notAuthorized,
  notFound,
  type Refusal,
  type RefusalRow,
  pattern,
} from "#test/refusals.ts";

const runtimesOfLayers =
  "[nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2]";
const layer = (name: string, region = "us-east-1", account = accountId): string => `arn:aws:lambda:${region}:${account}:layer:${name}`;
const zip = await zipOf({ "index.js": "exports.handler = async () => 1;" });
/** A layout with one image, `1`. */
const images = await mkdtemp(join(tmpdir(), "pilotlight-images-"));
const accessPoint = `arn:aws:elasticfilesystem:us-east-1:${accountId}:access-point/fsap-0123456789abcdef0`;
// As the model has it: the recorded answers lack the outer parentheses.
const layerVersionForm =
  "((arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+))";

const noSuchResource = notFound("The resource you requested does not exist.");
const noSuchLayer = (version: string): Refusal => notFound(`Layer version ${layer(version)} does not exist.`);
const noSuchLayerHere = (arn: string): Refusal => badParameter(`Layer version ${arn} does not exist.`);
const lessThanOne = badParameter("Layer Version Cannot be less than 1");
const twoVersions = (one: string, other: string): Refusal =>
  badParameter(
    `Two different versions of the same layer are not allowed to be referenced in the same function. ${one} and ${other} are versions of the same layer.`,
  );
const wrongLayerRevision: Refusal = {
  code: "PreconditionFailedException",
  status: 412,
  message: "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id",
  members: "Type,message",
};

const foreignLayer = layer("x", "us-east-1", "111122223333");

const publish = (Content: object) => (lambda: Lambda) => lambda.publishLayerVersion({ LayerName: "new", Content });
const grant = { LayerName: "there", VersionNumber: 1, StatementId: "s1", Action: "lambda:GetLayerVersion", Principal: "*" };
const create = (settings: Partial<CreateFunctionCommandInput>) => (lambda: Lambda) =>
  lambda.createFunction({
    FunctionName: "refused",
    Runtime: nodeRuntime,
    Handler: "index.handler",
    Role: roleArn,
    Code: { ZipFile: zip },
    ...settings,
  });
const createImage = (settings: Partial<CreateFunctionCommandInput>) => (lambda: Lambda) =>
  lambda.createFunction({
    FunctionName: "refused",
    PackageType: "Image",
    Role: roleArn,
    Code: { ImageUri: "registry/app:1" },
    ...settings,
  });
const update = (FunctionName: string, settings: Partial<UpdateFunctionConfigurationCommandInput>) => (lambda: Lambda) =>
  lambda.updateFunctionConfiguration({ FunctionName, ...settings });
const withLayers = (...Layers: string[]) => create({ Layers });

const layerRows: RefusalRow[] = [
  [
    "publishing what is no zip",
    publish({ ZipFile: Buffer.from("no zip") }),
    badParameter("Could not unzip uploaded file. Please check your file, then try to upload again."),
  ],
  // Ours.
  ["publishing nothing", publish({}), badParameter("Please provide a source for layer content.")],
  [
    "publishing from S3",
    publish({ S3Bucket: "bucket", S3Key: "key" }),
    badParameter("Pilotlight does not support layers from S3 (send them inline as ZipFile) yet."),
  ],
  ["getting of a layer that is not there", (lambda) => lambda.getLayerVersion({ LayerName: "nowhere", VersionNumber: 1 }), noSuchResource],
  ["getting a version that is not there", (lambda) => lambda.getLayerVersion({ LayerName: "there", VersionNumber: 9 }), noSuchResource],
  ["getting version 0", (lambda) => lambda.getLayerVersion({ LayerName: "there", VersionNumber: 0 }), lessThanOne],
  [
    "getting of another account",
    (lambda) => lambda.getLayerVersion({ LayerName: foreignLayer, VersionNumber: 1 }),
    notAuthorized("GetLayerVersion", `${foreignLayer}:1`),
  ],
  [
    "getting by the ARN of a version that is not there",
    (lambda) => lambda.getLayerVersionByArn({ Arn: `${layer("there")}:9` }),
    noSuchResource,
  ],
  [
    "getting by an ARN without a version",
    (lambda) => lambda.getLayerVersionByArn({ Arn: layer("there") }),
    invalid(`'${layer("there")}'`, "arn", pattern(layerVersionForm)),
  ],
  ["deleting version 0", (lambda) => lambda.deleteLayerVersion({ LayerName: "there", VersionNumber: 0 }), lessThanOne],
  [
    "listing for an architecture that is none",
    (lambda) => lambda.listLayers({ CompatibleArchitecture: "archdoesnotexist" as never }),
    invalid("'archdoesnotexist'", "compatibleArchitecture", "Member must satisfy enum value set: [x86_64, arm64]"),
  ],
  [
    "publishing for a runtime that has ended",
    (lambda) =>
      lambda.publishLayerVersion({
        LayerName: "old",
        Content: { ZipFile: new Uint8Array(1) },
        CompatibleRuntimes: ["nodejs12.x", "python3.12"],
      }),
    invalid("'[nodejs12.x, python3.12]'", "compatibleRuntimes", `Member must satisfy enum value set: ${runtimesOfLayers}`),
  ],
  [
    "granting on a layer that is not there",
    (lambda) => lambda.addLayerVersionPermission({ ...grant, LayerName: "nowhere" }),
    noSuchLayer("nowhere:1"),
  ],
  [
    "granting on a version that is not there",
    (lambda) => lambda.addLayerVersionPermission({ ...grant, VersionNumber: 2 }),
    noSuchLayer("there:2"),
  ],
  [
    "granting twice under one name",
    (lambda) => lambda.addLayerVersionPermission(grant),
    conflict("The statement id (s1) provided already exists. Please provide a new statement id, or remove the existing statement."),
  ],
  [
    "granting another action",
    (lambda) => lambda.addLayerVersionPermission({ ...grant, Action: "*" }),
    invalid("'*'", "action", pattern("lambda:GetLayerVersion")),
  ],
  [
    "granting on an older revision",
    (lambda) => lambda.addLayerVersionPermission({ ...grant, StatementId: "s2", RevisionId: "old" }),
    wrongLayerRevision,
  ],
  [
    "removing what was not granted",
    (lambda) => lambda.removeLayerVersionPermission({ LayerName: "there", VersionNumber: 1, StatementId: "doesnotexist" }),
    notFound("Statement doesnotexist is not found in resource policy."),
  ],
  [
    "removing on an older revision",
    (lambda) => lambda.removeLayerVersionPermission({ LayerName: "there", VersionNumber: 1, StatementId: "s1", RevisionId: "old" }),
    wrongLayerRevision,
  ],
  [
    "removing from a version that is not there",
    (lambda) => lambda.removeLayerVersionPermission({ LayerName: "there", VersionNumber: 2, StatementId: "s1" }),
    noSuchLayer("there:2"),
  ],
  [
    "reading a policy that is not there",
    (lambda) => lambda.getLayerVersionPolicy({ LayerName: "bare", VersionNumber: 1 }),
    notFound("No policy is associated with the given resource."),
  ],
  [
    "reading the policy of a version that is not there",
    (lambda) => lambda.getLayerVersionPolicy({ LayerName: "bare", VersionNumber: 2 }),
    noSuchLayer("bare:2"),
  ],
];

const functionLayerRows: RefusalRow[] = [
  [
    "six layers",
    withLayers(...[1, 2, 3, 4, 5, 6].map((number) => `${layer(`l${number}`)}:1`)),
    badParameter("Cannot reference more than 5 layers."),
  ],
  [
    "two versions of one layer",
    withLayers(`${layer("bare")}:1`, `${layer("there")}:1`, `${layer("there")}:2`),
    noSuchLayerHere(`${layer("there")}:2`),
  ],
  [
    "one version twice",
    withLayers(`${layer("there")}:1`, `${layer("there")}:1`),
    twoVersions(`${layer("there")}:1`, `${layer("there")}:1`),
  ],
  [
    "two versions that are there",
    withLayers(`${layer("twice")}:1`, `${layer("twice")}:2`),
    twoVersions(`${layer("twice")}:1`, `${layer("twice")}:2`),
  ],
  ["a version that is not there", withLayers(`${layer("there")}:9`), noSuchLayerHere(`${layer("there")}:9`)],
  ["a layer that is not there", update("plain", { Layers: [`${layer("doesnotexist")}:1`] }), noSuchLayerHere(`${layer("doesnotexist")}:1`)],
  [
    "a layer of another region",
    withLayers(`${layer("there", "eu-west-1")}:1`),
    badParameter("Layers are not in the same region as the function. Layers are expected to be in region us-east-1."),
  ],
  ["a layer of another account", withLayers(`${foreignLayer}:1`), notAuthorized("GetLayerVersion", `${foreignLayer}:1`)],
  [
    "a layer without a version",
    withLayers(layer("there")),
    invalid(
      `'[${layer("there")}]'`,
      "layers",
      `Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 1, ${pattern(layerVersionForm)}, Member must not be null]`,
    ),
  ],
];

const vpc = { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] };
// The rules are AWS's; of the words, those that speak of Pilotlight, of images, of tenants that are not wanted and of dead letters are ours.
const settingRows: RefusalRow[] = [
  [
    "subnets without security groups",
    create({ VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: [] } }),
    badParameter("SubnetIds and SecurityIds must coexist or be both empty list."),
  ],
  [
    "security groups without subnets",
    update("plain", { VpcConfig: { SecurityGroupIds: ["sg-1"] } }),
    badParameter("SubnetIds and SecurityIds must coexist or be both empty list."),
  ],
  [
    "a security group of another form",
    create({ VpcConfig: { ...vpc, SecurityGroupIds: ["group"] } }),
    invalid(
      "'[group]'",
      "vpcConfig.securityGroupIds",
      `Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, ${pattern("sg-[0-9a-zA-Z]*")}]`,
    ),
  ],
  [
    "a file system outside of a VPC",
    create({ FileSystemConfigs: [{ Arn: accessPoint, LocalMountPath: "/mnt/share" }] }),
    badParameter(
      `Function must be configured to execute in a VPC to reference access point ${accessPoint}. Please update the function configuration to include VPC subnets and security groups.`,
    ),
  ],
  [
    "a file system that no folder stands for",
    create({ VpcConfig: vpc, FileSystemConfigs: [{ Arn: accessPoint.replace(/0$/, "1"), LocalMountPath: "/mnt/share" }] }),
    badParameter(
      `No folder stands for the access point ${accessPoint.replace(/0$/, "1")}. Start Pilotlight with --file-system ${accessPoint.replace(/0$/, "1")}=DIR.`,
    ),
  ],
  [
    "a dead letter target that is a function",
    create({ DeadLetterConfig: { TargetArn: `arn:aws:lambda:us-east-1:${accountId}:function:plain` } }),
    badParameter(
      `The dead letter target arn:aws:lambda:us-east-1:${accountId}:function:plain is invalid: it must be the ARN of an SQS queue or an SNS topic.`,
    ),
  ],
  [
    "SnapStart where the runtime has none",
    create({ Runtime: "ruby3.3", SnapStart: { ApplyOn: "PublishedVersions" } }),
    badParameter("ruby3.3 is not supported for SnapStart enabled functions."),
  ],
  [
    "SnapStart of an image",
    createImage({ SnapStart: { ApplyOn: "PublishedVersions" } }),
    badParameter("ContainerImage is not supported for SnapStart enabled functions."),
  ],
  [
    "SnapStart of another kind",
    update("plain", { SnapStart: { ApplyOn: "invalidOption" as never } }),
    invalid("'invalidOption'", "snapStart.applyOn", "Member must satisfy enum value set: [PublishedVersions, None]"),
  ],
  [
    "levels of a text log",
    create({ LoggingConfig: { LogFormat: "Text", ApplicationLogLevel: "WARN" } }),
    badParameter("The log level configuration is not supported for the Text log format. Please use JSON, or remove the log levels."),
  ],
  [
    "a durable function",
    create({ DurableConfig: { ExecutionTimeout: 60 } }),
    badParameter("Pilotlight does not support DurableConfig yet."),
  ],
  [
    "a capacity provider",
    create({
      CapacityProviderConfig: {
        LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: `arn:aws:lambda:us-east-1:${accountId}:capacity-provider:x` },
      },
    }),
    badParameter("Pilotlight does not support CapacityProviderConfig yet."),
  ],
  [
    "an image without its name",
    createImage({ Code: {} }),
    badParameter("Please provide ImageUri when creating a function with packageType Image."),
  ],
  [
    "an image with a name that is none",
    createImage({ Code: { ImageUri: "Not An Image" } }),
    badParameter("Source image Not An Image is not valid. Provide a valid source image."),
  ],
  [
    "an image that does not exist",
    createImage({ Code: { ImageUri: `oci:${images}:2` } }),
    badParameter(`Source image oci:${images}:2 does not exist. Provide a valid source image.`),
  ],
  [
    "new code that does not exist for an image",
    (lambda) => lambda.updateFunctionCode({ FunctionName: "image", ImageUri: `oci:${images}:2` }),
    badParameter(`Source image oci:${images}:2 does not exist. Provide a valid source image.`),
  ],
  [
    "an image with a handler",
    createImage({ Handler: "index.handler" }),
    badParameter("Please don't provide Runtime or Handler for a function with packageType Image."),
  ],
  [
    "an image with layers",
    createImage({ Layers: [`${layer("there")}:1`] }),
    badParameter("Please don't provide Layers for a function with packageType Image."),
  ],
  [
    "a zip with the name of an image",
    create({ Code: { ImageUri: "registry/app:1" } }),
    badParameter("Please don't provide ImageUri when creating a function with packageType Zip."),
  ],
  [
    "a zip with an image's configuration",
    create({ ImageConfig: { Command: ["x"] } }),
    badParameter("Please don't provide ImageConfig for a function with packageType Zip."),
  ],
  [
    "new code for an image that is none",
    (lambda) => lambda.updateFunctionCode({ FunctionName: "image", ZipFile: zip }),
    badParameter("Please provide ImageUri when updating a function with packageType Image."),
  ],
  [
    "an image for a zip",
    (lambda) => lambda.updateFunctionCode({ FunctionName: "plain", ImageUri: "registry/app:1" }),
    badParameter("Please don't provide ImageUri when updating a function with packageType Zip."),
  ],
  [
    "layers for an image",
    update("image", { Layers: [`${layer("there")}:1`] }),
    badParameter("Please don't provide Layers for a function with packageType Image."),
  ],
  [
    "an invocation for nobody",
    (lambda) => lambda.invoke({ FunctionName: "tenants" }),
    badParameter("The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again."),
  ],
  [
    "an event for nobody",
    (lambda) => lambda.invoke({ FunctionName: "tenants", InvocationType: "Event" }),
    badParameter("The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again."),
  ],
  [
    "an invocation for a tenant where there are none",
    (lambda) => lambda.invoke({ FunctionName: "plain", TenantId: "red" }),
    badParameter("The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and try again."),
  ],
];

let product: Product;

before(async () => {
  product = await startProduct({}, "--file-system", `${accessPoint}=/nowhere`, "--image-folder", images);
  const { lambda } = product;
  for (const LayerName of ["there", "bare", "twice", "twice"]) await lambda.publishLayerVersion({ LayerName, Content: { ZipFile: zip } });
  await lambda.addLayerVersionPermission(grant);
  await createFunction(lambda, "plain", "exports.handler = async () => 1;");
  await createFunction(lambda, "tenants", "exports.handler = async () => 1;", { TenancyConfig: { TenantIsolationMode: "PER_TENANT" } });
  await addImage(images, "1", { layers: [] });
  await lambda.createFunction({ FunctionName: "image", PackageType: "Image", Role: roleArn, Code: { ImageUri: `oci:${images}:1` } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.1 }, { FunctionName: "image" });
});
after(async () => {
  await product[Symbol.asyncDispose]();
  await rm(images, { recursive: true });
});

const client = (): Lambda => connect(product.endpoint).lambda;
describeRefusals("layers refuse", client, layerRows);
describeRefusals("a function's layers refuse", client, functionLayerRows);
describeRefusals("a function's configuration refuses", client, settingRows);
