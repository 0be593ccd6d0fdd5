/** The members of Lambda's answers about the function `tale` and what hangs on it. https://docs.aws.amazon.com/lambda/latest/api/API_Types.html */
import { createHash } from "node:crypto";
import { arnOf, nodeRuntime } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { accountId, roleArn } from "#test/product.ts";

/** Members are compared as they are, texts that begin with `~` as the form that they name. */
export const forms: Record<string, RegExp> = {
  "~date": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/,
  "~second": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/,
  "~instant": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  "~epoch": /^\d{10}(\.\d{1,3})?$/,
  "~uuid": /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  "~runtime": /^arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}$/,
  "~download": /^http:\/\/127\.0\.0\.1:\d+\/_pilotlight\/lambda\/code\/[0-9a-f]{64}\?Expires=\d+&Signature=[0-9a-f]{64}$/,
  "~url": /^http:\/\/[a-z0-9]{32}\.lambda-url\.us-east-1\.localhost:\d+\/$/,
  "~signing": /^csc-[0-9a-f]{17}$/,
  "~signingArn": /^arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-[0-9a-f]{17}$/,
  "~mappingArn": /^arn:aws:lambda:us-east-1:000000000000:event-source-mapping:[0-9a-f-]{36}$/,
};

export const zip = await zipOf({ "index.js": "exports.handler = async () => ({ colour: process.env.COLOUR });" });
export const layerZip = await zipOf({ "nodejs/node_modules/colour/index.js": "module.exports = 1;" });
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64");

export const layerArn = `arn:aws:lambda:us-east-1:${accountId}:layer:colours`;
export const queueArn = `arn:aws:sqs:us-east-1:${accountId}:tales`;
export const profileArn = `arn:aws:signer:us-east-1:${accountId}:/signing-profiles/ours/0123456789`;
/** What lists show of a function. */
export const listed = {
  ...{ FunctionName: "tale", FunctionArn: arnOf("tale"), Runtime: nodeRuntime, Role: roleArn, Handler: "index.handler" },
  ...{ CodeSize: zip.length, CodeSha256: sha256(zip), Description: "", Timeout: 3, MemorySize: 128, LastModified: "~date" },
  ...{ Version: "$LATEST", TracingConfig: { Mode: "PassThrough" }, RevisionId: "~uuid", PackageType: "Zip", Architectures: ["x86_64"] },
  ...{ EphemeralStorage: { Size: 512 }, SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" } },
  LoggingConfig: { LogFormat: "Text", LogGroup: "/aws/lambda/tale" },
};
export const active = { State: "Active", LastUpdateStatus: "Successful", RuntimeVersionConfig: { RuntimeVersionArn: "~runtime" } };
export const configured = { ...listed, ...active };
export const changed = { Timeout: 9, Environment: { Variables: { COLOUR: "blue" } } };
export const updating = {
  ...{ ...configured, ...changed, LastUpdateStatus: "InProgress" },
  ...{ LastUpdateStatusReason: "The function is being created.", LastUpdateStatusReasonCode: "Creating" },
};
export const published = { FunctionArn: arnOf("tale:1"), Version: "1", Description: "first" };

export const alias = { AliasArn: arnOf("tale:live"), Name: "live", FunctionVersion: "1", Description: "", RevisionId: "~uuid" };
export const described = { ...alias, Description: "what users see" };

export const layerVersion = {
  ...{ LayerVersionArn: `${layerArn}:1`, Version: 1, Description: "", CreatedDate: "~date" },
  ...{ CompatibleRuntimes: ["nodejs22.x"], LicenseInfo: "MIT" },
};
export const layer = {
  ...layerVersion,
  LayerArn: layerArn,
  Content: { Location: "~download", CodeSha256: sha256(layerZip), CodeSize: layerZip.length },
};
export const policyOf = (statement: object): string => JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: [statement] });
export const layerStatement = { Sid: "all", Effect: "Allow", Principal: "*", Action: "lambda:GetLayerVersion", Resource: `${layerArn}:1` };
export const statement = {
  ...{ Sid: "s3", Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "lambda:InvokeFunction", Resource: arnOf("tale") },
  Condition: { StringEquals: { "AWS:SourceAccount": accountId }, ArnLike: { "AWS:SourceArn": "arn:aws:s3:::bucket" } },
};
const { Condition: _, ...unconditional } = statement;
export const policy = JSON.stringify({ Version: "2012-10-17", Statement: [unconditional] });

export const provisioned = {
  ...{
    RequestedProvisionedConcurrentExecutions: 1,
    AllocatedProvisionedConcurrentExecutions: 1,
    AvailableProvisionedConcurrentExecutions: 1,
  },
  ...{ Status: "READY", LastModified: "~second" },
};
export const retries = {
  ...{ LastModified: "~epoch", FunctionArn: arnOf("tale:$LATEST"), MaximumRetryAttempts: 1 },
  DestinationConfig: { OnSuccess: {}, OnFailure: {} },
};
export const aged = { ...retries, MaximumEventAgeInSeconds: 60 };
export const url = {
  ...{ FunctionUrl: "~url", FunctionArn: arnOf("tale"), AuthType: "AWS_IAM", CreationTime: "~instant" },
  Cors: { AllowOrigins: ["https://example.org"] },
};
export const streaming = { ...url, LastModifiedTime: "~instant", InvokeMode: "RESPONSE_STREAM" };
export const signing = {
  ...{ CodeSigningConfigId: "~signing", CodeSigningConfigArn: "~signingArn", LastModified: "~date" },
  ...{ AllowedPublishers: { SigningProfileVersionArns: [profileArn] }, CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Warn" } },
};
export const ours = { ...signing, Description: "ours" };
export const signed = { CodeSigningConfigArn: "~signingArn", FunctionName: "tale" };
export const managed = { UpdateRuntimeOn: "FunctionUpdate", FunctionArn: arnOf("tale") };
export const mapping = {
  ...{ UUID: "~uuid", BatchSize: 10, MaximumBatchingWindowInSeconds: 0, EventSourceArn: queueArn, FunctionArn: arnOf("tale") },
  ...{ LastModified: "~epoch", State: "Enabled", StateTransitionReason: "USER_INITIATED", FunctionResponseTypes: [] },
  EventSourceMappingArn: "~mappingArn",
};
export const smaller = { ...mapping, BatchSize: 5 };
