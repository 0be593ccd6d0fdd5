/** A function's configuration beyond code and memory: shown member for member as AWS shows it, and in force. */
import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  type CreateFunctionCommandInput,
  type FunctionConfiguration,
  type UpdateFunctionConfigurationCommandInput,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from "@aws-sdk/client-lambda";
import { createFunction, eventually, payloadOf } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { addImage } from "#test/oci-layouts.ts";
import { accountId, type Product, roleArn, startProduct } from "#test/product.ts";

const echo = "exports.handler = async (event) => event;";
const accessPoint = `arn:aws:elasticfilesystem:us-east-1:${accountId}:access-point/fsap-0123456789abcdef0`;
const vpc = { SubnetIds: ["subnet-0a", "subnet-0b"], SecurityGroupIds: ["sg-0c"] };

describe("a function's configuration", () => {
  let product: Product;
  let share: string;

  before(async () => {
    share = await mkdtemp(join(tmpdir(), "pilotlight-share-"));
    product = await startProduct({}, "--file-system", `${accessPoint}=${share}`, "--image-folder", share);
  });
  after(async () => {
    await product[Symbol.asyncDispose]();
    await rm(share, { recursive: true, force: true });
  });

  const configure = async (
    FunctionName: string,
    settings: Partial<UpdateFunctionConfigurationCommandInput>,
  ): Promise<FunctionConfiguration> => {
    const { lambda } = product;
    await lambda.updateFunctionConfiguration({ FunctionName, ...settings });
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.1 }, { FunctionName });
    return lambda.getFunctionConfiguration({ FunctionName });
  };

  test("is shown whole, and each setting can be taken back", async () => {
    const { lambda } = product;
    const everything: Partial<CreateFunctionCommandInput> = {
      KMSKeyArn: `arn:aws:kms:us-east-1:${accountId}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
      DeadLetterConfig: { TargetArn: `arn:aws:sqs:us-east-1:${accountId}:dead` },
      TracingConfig: { Mode: "Active" },
      EphemeralStorage: { Size: 1_024 },
      FileSystemConfigs: [{ Arn: accessPoint, LocalMountPath: "/mnt/share" }],
      LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "WARN", SystemLogLevel: "DEBUG", LogGroup: "/mine" },
    };
    await createFunction(lambda, "whole", echo, {
      ...everything,
      VpcConfig: { ...vpc, Ipv6AllowedForDualStack: true },
      Environment: { Variables: { COLOUR: "blue" } },
    });
    const { $metadata, CodeSha256, CodeSize, LastModified, RevisionId, RuntimeVersionConfig, ...shown } =
      await lambda.getFunctionConfiguration({ FunctionName: "whole" });
    const VpcId = shown.VpcConfig?.VpcId;
    assert.match(VpcId!, /^vpc-[0-9a-f]{17}$/);
    const unchanging = {
      FunctionName: "whole",
      FunctionArn: `arn:aws:lambda:us-east-1:${accountId}:function:whole`,
      Runtime: "nodejs26.x",
      Role: roleArn,
      Handler: "index.handler",
      Description: "",
      Timeout: 10,
      MemorySize: 128,
      Version: "$LATEST",
      State: "Active",
      LastUpdateStatus: "Successful",
      PackageType: "Zip",
      Architectures: ["x86_64"],
      SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    };
    assert.deepEqual(shown, {
      ...unchanging,
      ...everything,
      Environment: { Variables: { COLOUR: "blue" } },
      VpcConfig: { ...vpc, VpcId, Ipv6AllowedForDualStack: true },
    });

    const taken = await configure("whole", {
      KMSKeyArn: "",
      DeadLetterConfig: { TargetArn: "" },
      FileSystemConfigs: [],
      VpcConfig: { SubnetIds: [], SecurityGroupIds: [] },
      Environment: { Variables: {} },
      LoggingConfig: { LogFormat: "Text" },
    });
    for (const member of ["KMSKeyArn", "DeadLetterConfig", "FileSystemConfigs"]) assert.equal(member in taken, false, member);
    assert.deepEqual(taken.VpcConfig, { SubnetIds: [], SecurityGroupIds: [], VpcId: "", Ipv6AllowedForDualStack: false });
    assert.deepEqual(taken.Environment, { Variables: {} });
    assert.deepEqual(taken.LoggingConfig, { LogFormat: "Text", LogGroup: "/mine" });
    assert.deepEqual([taken.TracingConfig, taken.EphemeralStorage], [everything.TracingConfig, everything.EphemeralStorage]);
  });

  test("decides what is logged, how, and where", async () => {
    const { lambda, logs } = product;
    const source = `exports.handler = async () => { console.info("too quiet"); console.warn("loud enough"); };`;
    const LoggingConfig = { LogFormat: "JSON", ApplicationLogLevel: "WARN", LogGroup: "my/own-group" } as const;
    await createFunction(lambda, "logging", source, { LoggingConfig });
    assert.deepEqual((await lambda.getFunctionConfiguration({ FunctionName: "logging" })).LoggingConfig, {
      ...LoggingConfig,
      SystemLogLevel: "INFO",
    });
    const linesIn = async (logGroupName: string): Promise<string[]> => {
      const { events = [] } = await logs.filterLogEvents({ logGroupName }).catch(() => ({ events: [] }));
      return events.map(({ message }) => message!);
    };
    await lambda.invoke({ FunctionName: "logging" });
    const lines = await eventually(
      () => linesIn("my/own-group"),
      (found) => found.some((line) => line.includes("platform.report")),
    );
    const parsed = lines.map((line) => JSON.parse(line) as { level?: string; message?: string; type?: string });
    assert.deepEqual(
      parsed.filter(({ message }) => message).map(({ level, message }) => [level, message]),
      [["WARN", "loud enough"]],
    );
    assert.deepEqual(
      parsed.flatMap(({ type }) => type ?? []),
      ["platform.initStart", "platform.start", "platform.report"],
    );
    await configure("logging", { LoggingConfig: { ...LoggingConfig, SystemLogLevel: "WARN", LogGroup: "/another" } });
    await lambda.invoke({ FunctionName: "logging" });
    const quiet = await eventually(
      () => linesIn("/another"),
      (found) => found.length > 0,
    );
    assert.deepEqual(
      quiet.map((line) => (JSON.parse(line) as { level?: string }).level),
      ["WARN"],
    );
    await configure("logging", { LoggingConfig: { LogFormat: "Text", LogGroup: "/text" } });
    await lambda.invoke({ FunctionName: "logging" });
    const plain = await eventually(
      () => linesIn("/text"),
      (found) => found.some((line) => line.startsWith("REPORT")),
    );
    assert.ok(plain.some((line) => /\tINFO\ttoo quiet/.test(line)));
  });

  test("mounts the operator's folders where the machine allows it, and says so where not", async () => {
    const { lambda } = product;
    await writeFile(join(share, "in.txt"), "from outside");
    await mkdir(join(share, "sub"));
    // Where functions are isolated they come as a stranger.
    await chmod(share, 0o755);
    await chmod(join(share, "sub"), 0o777);
    const source = `
      const { readFileSync, writeFileSync } = require("node:fs");
      exports.handler = async () => { writeFileSync("/mnt/data/sub/out.txt", "from inside"); return readFileSync("/mnt/data/in.txt", "utf8"); };`;
    await createFunction(lambda, "mounting", source, {
      VpcConfig: vpc,
      FileSystemConfigs: [{ Arn: accessPoint, LocalMountPath: "/mnt/data" }],
    });
    const answer = await lambda.invoke({ FunctionName: "mounting" }).catch((error: Error) => error);
    if (answer instanceof Error) return assert.equal(answer.name, "EFSMountFailureException");
    assert.equal(payloadOf(answer), "from outside");
    assert.equal(await readFile(join(share, "sub", "out.txt"), "utf8"), "from inside");
  });

  test("keeps tenants apart", async () => {
    const { lambda, logs } = product;
    const source = `
      const seen = [];
      exports.handler = async (event, { tenantId }) => { seen.push(tenantId); console.log("dealt with", event.order); return seen; };`;
    const FunctionName = "tenants";
    await createFunction(lambda, FunctionName, source, { TenancyConfig: { TenantIsolationMode: "PER_TENANT" } });
    const answerFor = async (TenantId: string): Promise<unknown> => payloadOf(await lambda.invoke({ FunctionName, TenantId }));
    for (const tenant of ["red", "blue", "red"]) await answerFor(tenant);
    assert.deepEqual(await answerFor("blue"), ["blue", "blue"]);
    assert.deepEqual(await answerFor("red"), ["red", "red", "red"]);
    assert.equal((await lambda.invoke({ FunctionName, TenantId: "green", InvocationType: "DryRun" })).StatusCode, 204);
    await lambda.invoke({ FunctionName, TenantId: "green", InvocationType: "Event", Payload: '{"order":7}' });
    const logged = { logGroupName: `/aws/lambda/${FunctionName}`, filterPattern: '"dealt with 7"' };
    await eventually(
      () => logs.filterLogEvents(logged),
      ({ events }) => events!.length === 1,
    );
    assert.deepEqual(await answerFor("green"), ["green", "green"]);
    const { TenancyConfig } = await configure(FunctionName, { Description: "still apart" });
    assert.deepEqual(TenancyConfig, { TenantIsolationMode: "PER_TENANT" });
  });

  test("optimises published versions only when it shall SnapStart", async () => {
    const { lambda } = product;
    const Code = { ZipFile: await zipOf({ "index.py": "def handler(event, context): pass" }) };
    const created = await lambda.createFunction({
      FunctionName: "snapped",
      Runtime: "python3.12",
      Handler: "index.handler",
      Role: roleArn,
      Code,
      SnapStart: { ApplyOn: "PublishedVersions" },
      Publish: true,
    });
    assert.deepEqual([created.Version, created.SnapStart], ["1", { ApplyOn: "PublishedVersions", OptimizationStatus: "Off" }]);
    await waitUntilPublishedVersionActive(
      { client: lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.1 },
      { FunctionName: "snapped", Qualifier: "1" },
    );
    const published = await lambda.getFunctionConfiguration({ FunctionName: "snapped", Qualifier: "1" });
    assert.deepEqual(published.SnapStart, { ApplyOn: "PublishedVersions", OptimizationStatus: "On" });
    const latest = await lambda.getFunctionConfiguration({ FunctionName: "snapped" });
    assert.deepEqual(latest.SnapStart, { ApplyOn: "PublishedVersions", OptimizationStatus: "Off" });
  });

  test("may be of an image (how it runs: images.test.ts)", async () => {
    const { lambda } = product;
    const layout = join(share, "app");
    const uri = (tag: string): string => `oci:${layout}:${tag}`;
    for (const tag of ["1", "2"]) await addImage(layout, tag, { layers: [[{ path: "version", content: tag }]] });
    const FunctionName = "pictured";
    const ImageConfig = { Command: ["app.handler"], WorkingDirectory: "/app" };
    await lambda.createFunction({ FunctionName, PackageType: "Image", Role: roleArn, Code: { ImageUri: uri("1") }, ImageConfig });
    const { Configuration, Code } = await eventually(
      () => lambda.getFunction({ FunctionName }),
      (found) => found.Configuration!.State === "Active",
    );
    const { LastModified, RevisionId, CodeSha256, ...shown } = Configuration!;
    assert.match(CodeSha256!, /^[0-9a-f]{64}$/);
    assert.deepEqual(shown, {
      FunctionName,
      FunctionArn: `arn:aws:lambda:us-east-1:${accountId}:function:${FunctionName}`,
      Role: roleArn,
      CodeSize: 0,
      Description: "",
      Timeout: 3,
      MemorySize: 128,
      Version: "$LATEST",
      TracingConfig: { Mode: "PassThrough" },
      State: "Active",
      LastUpdateStatus: "Successful",
      PackageType: "Image",
      ImageConfigResponse: { ImageConfig },
      Architectures: ["x86_64"],
      EphemeralStorage: { Size: 512 },
      SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
      LoggingConfig: { LogFormat: "Text", LogGroup: `/aws/lambda/${FunctionName}` },
    });
    const resolved = `${uri("1").replace(/:1$/, "")}@sha256:${CodeSha256}`;
    assert.deepEqual(Code, { RepositoryType: "ECR", ImageUri: uri("1"), ResolvedImageUri: resolved });
    await lambda.updateFunctionCode({ FunctionName, ImageUri: uri("2") });
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.1 }, { FunctionName });
    assert.equal((await lambda.getFunction({ FunctionName })).Code!.ImageUri, uri("2"));
    assert.equal("ImageConfigResponse" in (await configure(FunctionName, { ImageConfig: {} })), false);
    await lambda.deleteFunction({ FunctionName });
  });
});
