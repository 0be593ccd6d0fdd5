/**
 * The answer of every operation that is served, as it comes over the wire, member for member. One story, told in order: each row is a
 * call, its status, and its body. The members are those of the API reference; what differs from run to run stands as a form of it.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
 */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Lambda } from "@aws-sdk/client-lambda";
import { recordAnswers, type WireAnswer } from "#test/answers.ts";
import { arnOf, eventually, nodeRuntime } from "#test/functions.ts";
import { accountId, connect, type Product, roleArn, startProduct } from "#test/product.ts";
import {
  active,
  aged,
  alias,
  changed,
  configured,
  described,
  forms,
  layer,
  layerArn,
  layerStatement,
  layerVersion,
  layerZip,
  listed,
  managed,
  mapping,
  ours,
  policy,
  policyOf,
  profileArn,
  provisioned,
  published,
  queueArn,
  retries,
  signed,
  signing,
  smaller,
  statement,
  streaming,
  updating,
  url,
  zip,
} from "./lambda-answers.ts";

/** Become known as the story goes on. */
let signingArn = "";
let mappingId = "";

const tale = { FunctionName: "tale" };

/** A body that is an expression is searched for it. */
type Row = [operation: string, call: (lambda: Lambda) => Promise<unknown>, status: number, body?: unknown];

/** No body: the answer has none. */
const rows: Row[] = [
  [
    "CreateFunction",
    (lambda) =>
      lambda.createFunction({
        ...tale,
        Runtime: nodeRuntime,
        Handler: "index.handler",
        Role: roleArn,
        Code: { ZipFile: zip },
      }),
    201,
    {
      ...listed,
      RuntimeVersionConfig: active.RuntimeVersionConfig,
      State: "Pending",
      StateReason: "The function is being created.",
      StateReasonCode: "Creating",
    },
  ],
  [
    "GetFunction",
    (lambda) => lambda.getFunction(tale),
    200,
    { Configuration: configured, Code: { RepositoryType: "S3", Location: "~download" } },
  ],
  ["GetFunctionConfiguration", (lambda) => lambda.getFunctionConfiguration(tale), 200, configured],
  ["ListFunctions", (lambda) => lambda.listFunctions({}), 200, { Functions: [listed] }],
  [
    "UpdateFunctionConfiguration",
    (lambda) => lambda.updateFunctionConfiguration({ ...tale, Environment: { Variables: { COLOUR: "blue" } }, Timeout: 9 }),
    200,
    updating,
  ],
  ["UpdateFunctionCode", (lambda) => lambda.updateFunctionCode({ ...tale, ZipFile: zip }), 200, updating],
  [
    "PublishVersion",
    (lambda) => lambda.publishVersion({ ...tale, Description: "first" }),
    201,
    { ...configured, ...changed, ...published },
  ],
  [
    "ListVersionsByFunction",
    (lambda) => lambda.listVersionsByFunction(tale),
    200,
    {
      Versions: [
        { ...listed, ...changed, FunctionArn: arnOf("tale:$LATEST") },
        { ...listed, ...changed, ...published },
      ],
    },
  ],
  ["CreateAlias", (lambda) => lambda.createAlias({ ...tale, Name: "live", FunctionVersion: "1" }), 201, alias],
  ["GetAlias", (lambda) => lambda.getAlias({ ...tale, Name: "live" }), 200, alias],
  ["UpdateAlias", (lambda) => lambda.updateAlias({ ...tale, Name: "live", Description: "what users see" }), 200, described],
  ["ListAliases", (lambda) => lambda.listAliases(tale), 200, { Aliases: [described] }],
  ["Invoke", (lambda) => lambda.invoke({ ...tale, Payload: "{}" }), 200, { colour: "blue" }],
  ["InvokeAsync", (lambda) => lambda.invokeAsync({ ...tale, InvokeArgs: "{}" }), 202, {}],
  ["InvokeWithResponseStream", (lambda) => lambda.invokeWithResponseStream(tale), 200, /"colour":"blue"[^]*InvokeComplete/],
  [
    "PublishLayerVersion",
    (lambda) =>
      lambda.publishLayerVersion({
        LayerName: "colours",
        Content: { ZipFile: layerZip },
        CompatibleRuntimes: ["nodejs22.x"],
        LicenseInfo: "MIT",
      }),
    201,
    layer,
  ],
  ["GetLayerVersion", (lambda) => lambda.getLayerVersion({ LayerName: "colours", VersionNumber: 1 }), 200, layer],
  ["GetLayerVersionByArn", (lambda) => lambda.getLayerVersionByArn({ Arn: `${layerArn}:1` }), 200, layer],
  [
    "ListLayers",
    (lambda) => lambda.listLayers({}),
    200,
    { Layers: [{ LayerName: "colours", LayerArn: layerArn, LatestMatchingVersion: layerVersion }] },
  ],
  ["ListLayerVersions", (lambda) => lambda.listLayerVersions({ LayerName: "colours" }), 200, { LayerVersions: [layerVersion] }],
  [
    "AddLayerVersionPermission",
    (lambda) =>
      lambda.addLayerVersionPermission({
        LayerName: "colours",
        VersionNumber: 1,
        StatementId: "all",
        Action: "lambda:GetLayerVersion",
        Principal: "*",
      }),
    201,
    { Statement: JSON.stringify(layerStatement), RevisionId: "~uuid" },
  ],
  [
    "GetLayerVersionPolicy",
    (lambda) => lambda.getLayerVersionPolicy({ LayerName: "colours", VersionNumber: 1 }),
    200,
    { Policy: policyOf(layerStatement), RevisionId: "~uuid" },
  ],
  [
    "RemoveLayerVersionPermission",
    (lambda) => lambda.removeLayerVersionPermission({ LayerName: "colours", VersionNumber: 1, StatementId: "all" }),
    204,
  ],
  ["DeleteLayerVersion", (lambda) => lambda.deleteLayerVersion({ LayerName: "colours", VersionNumber: 1 }), 204],
  [
    "AddPermission",
    (lambda) =>
      lambda.addPermission({
        ...tale,
        StatementId: "s3",
        Action: "lambda:InvokeFunction",
        Principal: "s3.amazonaws.com",
        SourceArn: "arn:aws:s3:::bucket",
        SourceAccount: accountId,
      }),
    201,
    { Statement: JSON.stringify(statement) },
  ],
  ["GetPolicy", (lambda) => lambda.getPolicy(tale), 200, { Policy: policyOf(statement), RevisionId: "~uuid" }],
  ["RemovePermission", (lambda) => lambda.removePermission({ ...tale, StatementId: "s3" }), 204],
  [
    "PutResourcePolicy",
    (lambda) => lambda.putResourcePolicy({ ResourceArn: arnOf("tale"), Policy: policy }),
    200,
    { Policy: policy, RevisionId: "~uuid" },
  ],
  ["GetResourcePolicy", (lambda) => lambda.getResourcePolicy({ ResourceArn: arnOf("tale") }), 200, { Policy: policy, RevisionId: "~uuid" }],
  ["DeleteResourcePolicy", (lambda) => lambda.deleteResourcePolicy({ ResourceArn: arnOf("tale") }), 204],
  [
    "GetAccountSettings",
    (lambda) => lambda.getAccountSettings({}),
    200,
    {
      AccountLimit: {
        TotalCodeSize: 322_122_547_200,
        CodeSizeUnzipped: 262_144_000,
        CodeSizeZipped: 52_428_800,
        ConcurrentExecutions: 1000,
        UnreservedConcurrentExecutions: 1000,
      },
      AccountUsage: { TotalCodeSize: 2 * zip.length, FunctionCount: 1 },
    },
  ],
  [
    "PutFunctionConcurrency",
    (lambda) => lambda.putFunctionConcurrency({ ...tale, ReservedConcurrentExecutions: 5 }),
    200,
    { ReservedConcurrentExecutions: 5 },
  ],
  ["GetFunctionConcurrency", (lambda) => lambda.getFunctionConcurrency(tale), 200, { ReservedConcurrentExecutions: 5 }],
  ["DeleteFunctionConcurrency", (lambda) => lambda.deleteFunctionConcurrency(tale), 204],
  [
    "PutProvisionedConcurrencyConfig",
    (lambda) => lambda.putProvisionedConcurrencyConfig({ ...tale, Qualifier: "live", ProvisionedConcurrentExecutions: 1 }),
    202,
    { ...provisioned, AllocatedProvisionedConcurrentExecutions: 0, AvailableProvisionedConcurrentExecutions: 0, Status: "IN_PROGRESS" },
  ],
  [
    "GetProvisionedConcurrencyConfig",
    (lambda) =>
      eventually(
        () => lambda.getProvisionedConcurrencyConfig({ ...tale, Qualifier: "live" }),
        ({ Status }) => Status === "READY",
      ),
    200,
    provisioned,
  ],
  [
    "ListProvisionedConcurrencyConfigs",
    (lambda) => lambda.listProvisionedConcurrencyConfigs(tale),
    200,
    { ProvisionedConcurrencyConfigs: [{ ...provisioned, FunctionArn: arnOf("tale:live") }] },
  ],
  ["DeleteProvisionedConcurrencyConfig", (lambda) => lambda.deleteProvisionedConcurrencyConfig({ ...tale, Qualifier: "live" }), 204],
  ["PutFunctionEventInvokeConfig", (lambda) => lambda.putFunctionEventInvokeConfig({ ...tale, MaximumRetryAttempts: 1 }), 200, retries],
  [
    "UpdateFunctionEventInvokeConfig",
    (lambda) => lambda.updateFunctionEventInvokeConfig({ ...tale, MaximumEventAgeInSeconds: 60 }),
    200,
    aged,
  ],
  ["GetFunctionEventInvokeConfig", (lambda) => lambda.getFunctionEventInvokeConfig(tale), 200, aged],
  ["ListFunctionEventInvokeConfigs", (lambda) => lambda.listFunctionEventInvokeConfigs(tale), 200, { FunctionEventInvokeConfigs: [aged] }],
  ["DeleteFunctionEventInvokeConfig", (lambda) => lambda.deleteFunctionEventInvokeConfig(tale), 204],
  [
    "CreateFunctionUrlConfig",
    (lambda) => lambda.createFunctionUrlConfig({ ...tale, AuthType: "AWS_IAM", Cors: { AllowOrigins: ["https://example.org"] } }),
    201,
    url,
  ],
  ["UpdateFunctionUrlConfig", (lambda) => lambda.updateFunctionUrlConfig({ ...tale, InvokeMode: "RESPONSE_STREAM" }), 200, streaming],
  ["GetFunctionUrlConfig", (lambda) => lambda.getFunctionUrlConfig(tale), 200, streaming],
  ["ListFunctionUrlConfigs", (lambda) => lambda.listFunctionUrlConfigs(tale), 200, { FunctionUrlConfigs: [streaming] }],
  ["DeleteFunctionUrlConfig", (lambda) => lambda.deleteFunctionUrlConfig(tale), 204],
  [
    "CreateCodeSigningConfig",
    async (lambda) =>
      void (signingArn = (await lambda.createCodeSigningConfig({ AllowedPublishers: { SigningProfileVersionArns: [profileArn] } }))
        .CodeSigningConfig!.CodeSigningConfigArn!),
    201,
    { CodeSigningConfig: signing },
  ],
  [
    "GetCodeSigningConfig",
    (lambda) => lambda.getCodeSigningConfig({ CodeSigningConfigArn: signingArn }),
    200,
    { CodeSigningConfig: signing },
  ],
  [
    "UpdateCodeSigningConfig",
    (lambda) => lambda.updateCodeSigningConfig({ CodeSigningConfigArn: signingArn, Description: "ours" }),
    200,
    { CodeSigningConfig: ours },
  ],
  ["ListCodeSigningConfigs", (lambda) => lambda.listCodeSigningConfigs({}), 200, { CodeSigningConfigs: [ours] }],
  [
    "PutFunctionCodeSigningConfig",
    (lambda) => lambda.putFunctionCodeSigningConfig({ ...tale, CodeSigningConfigArn: signingArn }),
    200,
    signed,
  ],
  ["GetFunctionCodeSigningConfig", (lambda) => lambda.getFunctionCodeSigningConfig(tale), 200, signed],
  [
    "ListFunctionsByCodeSigningConfig",
    (lambda) => lambda.listFunctionsByCodeSigningConfig({ CodeSigningConfigArn: signingArn }),
    200,
    { FunctionArns: [arnOf("tale")] },
  ],
  ["DeleteFunctionCodeSigningConfig", (lambda) => lambda.deleteFunctionCodeSigningConfig(tale), 204],
  ["DeleteCodeSigningConfig", (lambda) => lambda.deleteCodeSigningConfig({ CodeSigningConfigArn: signingArn }), 204],
  [
    "PutRuntimeManagementConfig",
    (lambda) => lambda.putRuntimeManagementConfig({ ...tale, UpdateRuntimeOn: "FunctionUpdate" }),
    200,
    managed,
  ],
  ["GetRuntimeManagementConfig", (lambda) => lambda.getRuntimeManagementConfig(tale), 200, managed],
  [
    "PutFunctionRecursionConfig",
    (lambda) => lambda.putFunctionRecursionConfig({ ...tale, RecursiveLoop: "Allow" }),
    200,
    { RecursiveLoop: "Allow" },
  ],
  ["GetFunctionRecursionConfig", (lambda) => lambda.getFunctionRecursionConfig(tale), 200, { RecursiveLoop: "Allow" }],
  ["TagResource", (lambda) => lambda.tagResource({ Resource: arnOf("tale"), Tags: { team: "red" } }), 204],
  ["ListTags", (lambda) => lambda.listTags({ Resource: arnOf("tale") }), 200, { Tags: { team: "red" } }],
  ["UntagResource", (lambda) => lambda.untagResource({ Resource: arnOf("tale"), TagKeys: ["team"] }), 204],
  [
    "CreateEventSourceMapping",
    async (lambda) => void (mappingId = (await lambda.createEventSourceMapping({ ...tale, EventSourceArn: queueArn })).UUID!),
    202,
    { ...mapping, State: "Creating" },
  ],
  ["GetEventSourceMapping", (lambda) => lambda.getEventSourceMapping({ UUID: mappingId }), 200, mapping],
  [
    "UpdateEventSourceMapping",
    (lambda) => lambda.updateEventSourceMapping({ UUID: mappingId, BatchSize: 5 }),
    202,
    { ...smaller, State: "Updating" },
  ],
  ["ListEventSourceMappings", (lambda) => lambda.listEventSourceMappings(tale), 200, { EventSourceMappings: [smaller] }],
  ["DeleteEventSourceMapping", (lambda) => lambda.deleteEventSourceMapping({ UUID: mappingId }), 202, { ...smaller, State: "Deleting" }],
  ["DeleteAlias", (lambda) => lambda.deleteAlias({ ...tale, Name: "live" }), 204],
  ["DeleteFunction", (lambda) => lambda.deleteFunction(tale), 204],
];

describe("answers of Lambda, member for member", () => {
  let product: Product;
  let lambda: Lambda;
  let answer: WireAnswer;

  before(async () => {
    product = await startProduct();
    await product.sqs.createQueue({ QueueName: "tales" });
    const anything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sqs:*", Resource: "*" }] };
    await product.iam.putRolePolicy({ RoleName: "function-role", PolicyName: "queues", PolicyDocument: JSON.stringify(anything) });
    lambda = connect(product.endpoint).lambda;
    answer = recordAnswers(lambda);
  });
  after(async () => {
    lambda.destroy();
    await product[Symbol.asyncDispose]();
  });

  /** Waits until nothing is Pending, InProgress, Creating or Updating. */
  async function settle(): Promise<void> {
    const { Functions } = await product.lambda.listFunctions({});
    for (const { FunctionName } of Functions!)
      await eventually(
        () => product.lambda.getFunctionConfiguration({ FunctionName }),
        (seen) => seen.State === "Active" && seen.LastUpdateStatus === "Successful",
      );
    if (mappingId !== "")
      await eventually(
        () => product.lambda.listEventSourceMappings({}),
        ({ EventSourceMappings }) => EventSourceMappings!.every(({ State }) => State === "Enabled"),
      );
  }

  for (const [operation, call, status, body] of rows)
    test(operation, async () => {
      await settle();
      await call(lambda);
      assert.equal(answer.status, status);
      if (body === undefined) assert.equal(answer.body, "");
      else if (body instanceof RegExp) assert.match(answer.body, body);
      else {
        const seen: unknown = JSON.parse(answer.body);
        assert.deepEqual(asForms(seen, body), body);
      }
    });

  test("stand here for every operation that is served", async () => {
    const folder = resolve(import.meta.dirname, "../../src/services/lambda/operations");
    const files = await readdir(folder, { recursive: true });
    const operations = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts")).map((file) => file.split("/").at(-1)!);
    const told = new Set(rows.map(([operation]) => `${operation.replaceAll(/(?<!^)[A-Z]/g, "-$&").toLowerCase()}.ts`));
    assert.deepEqual(
      operations.filter((file) => !told.has(file)),
      [],
    );
  });
});

/** `seen`, with the name of a form wherever `wanted` asks for that form and has got it. */
function asForms(seen: unknown, wanted: unknown): unknown {
  if (typeof wanted === "string" && wanted.startsWith("~")) return forms[wanted]!.test(String(seen)) ? wanted : seen;
  if (Array.isArray(seen)) return seen.map((item, index) => asForms(item, (wanted as unknown[] | undefined)?.[index]));
  if (typeof seen !== "object" || seen === null) return seen;
  return Object.fromEntries(
    Object.entries(seen).map(([name, value]) => [name, asForms(value, (wanted as Record<string, unknown> | undefined)?.[name])]),
  );
}
