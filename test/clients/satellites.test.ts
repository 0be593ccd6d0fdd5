/** What hangs on a function beside its own configuration, as the AWS SDK sees it: every answer member for member. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { arnOf, bare, createFunction, createPublished } from "#test/functions.ts";
import { accountId, type Product, startProduct } from "#test/product.ts";

const source = "exports.handler = async () => 1;";

let product: Product;

before(async () => {
  product = await startProduct();
});
after(() => product[Symbol.asyncDispose]());

describe("the configuration of asynchronous invocations", () => {
  test("is put, updated, listed and deleted", async () => {
    const { lambda } = product;
    await createPublished(product.lambda, "retried");
    const destination = `arn:aws:sqs:us-east-1:${accountId}:failures`;
    const put = bare(
      await lambda.putFunctionEventInvokeConfig({
        FunctionName: "retried",
        MaximumRetryAttempts: 1,
        MaximumEventAgeInSeconds: 60,
        DestinationConfig: { OnFailure: { Destination: destination } },
      }),
    );
    assert.ok(put.LastModified instanceof Date);
    const wanted = {
      FunctionArn: `${arnOf("retried")}:$LATEST`,
      MaximumRetryAttempts: 1,
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: { OnSuccess: {}, OnFailure: { Destination: destination } },
    };
    assert.deepEqual(put, { ...wanted, LastModified: put.LastModified });
    const updated = bare(await lambda.updateFunctionEventInvokeConfig({ FunctionName: "retried", MaximumRetryAttempts: 0 }));
    assert.deepEqual(updated, { ...wanted, MaximumRetryAttempts: 0, LastModified: updated.LastModified });
    assert.deepEqual(bare(await lambda.getFunctionEventInvokeConfig({ FunctionName: "retried", Qualifier: "$LATEST" })), updated);
    const replaced = bare(await lambda.putFunctionEventInvokeConfig({ FunctionName: "retried", MaximumRetryAttempts: 2 }));
    assert.deepEqual(replaced, {
      FunctionArn: `${arnOf("retried")}:$LATEST`,
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnSuccess: {}, OnFailure: {} },
      LastModified: replaced.LastModified,
    });

    for (const Qualifier of ["live", "1"])
      await lambda.putFunctionEventInvokeConfig({ FunctionName: "retried", Qualifier, MaximumRetryAttempts: 1 });
    const first = await lambda.listFunctionEventInvokeConfigs({ FunctionName: "retried", MaxItems: 2 });
    const second = await lambda.listFunctionEventInvokeConfigs({ FunctionName: "retried", Marker: first.NextMarker });
    const listed = [...first.FunctionEventInvokeConfigs!, ...second.FunctionEventInvokeConfigs!].map(({ FunctionArn }) => FunctionArn);
    assert.deepEqual(
      listed,
      ["$LATEST", "1", "live"].map((qualifier) => `${arnOf("retried")}:${qualifier}`),
    );
    assert.equal(second.NextMarker, undefined);
    const deleted = await lambda.deleteFunctionEventInvokeConfig({ FunctionName: "retried" });
    assert.equal(deleted.$metadata.httpStatusCode, 204);
  });
});

describe("a function URL", () => {
  test("is created, updated, listed and deleted", async () => {
    const { lambda, endpoint } = product;
    await createPublished(product.lambda, "addressed");
    const created = await lambda.createFunctionUrlConfig({ FunctionName: "addressed", AuthType: "NONE" });
    assert.equal(created.$metadata.httpStatusCode, 201);
    const { FunctionUrl, CreationTime } = created;
    assert.match(FunctionUrl!, new RegExp(`^http://[a-z0-9]{32}\\.lambda-url\\.us-east-1\\.localhost:${new URL(endpoint).port}/$`));
    assert.match(CreationTime!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const members = { FunctionUrl, FunctionArn: arnOf("addressed"), AuthType: "NONE", CreationTime };
    assert.deepEqual(bare(created), members);
    assert.deepEqual(bare(await lambda.getFunctionUrlConfig({ FunctionName: "addressed" })), {
      ...members,
      LastModifiedTime: CreationTime,
      InvokeMode: "BUFFERED",
    });

    const Cors = {
      AllowOrigins: ["https://a.test"],
      AllowMethods: ["GET"],
      AllowHeaders: ["x-a"],
      ExposeHeaders: ["x-b"],
      AllowCredentials: true,
      MaxAge: 60,
    };
    const updated = bare(
      await lambda.updateFunctionUrlConfig({ FunctionName: "addressed", AuthType: "AWS_IAM", Cors, InvokeMode: "RESPONSE_STREAM" }),
    );
    assert.deepEqual(updated, {
      ...members,
      AuthType: "AWS_IAM",
      Cors,
      InvokeMode: "RESPONSE_STREAM",
      LastModifiedTime: updated.LastModifiedTime,
    });
    const reset = bare(await lambda.updateFunctionUrlConfig({ FunctionName: "addressed", Cors: {} }));
    assert.deepEqual(reset, { ...members, AuthType: "AWS_IAM", LastModifiedTime: reset.LastModifiedTime });

    const alias = await lambda.createFunctionUrlConfig({ FunctionName: "addressed:live", AuthType: "NONE", InvokeMode: "BUFFERED" });
    assert.equal(alias.FunctionArn, `${arnOf("addressed")}:live`);
    assert.notEqual(alias.FunctionUrl, FunctionUrl);
    const { FunctionUrlConfigs } = await lambda.listFunctionUrlConfigs({ FunctionName: "addressed" });
    assert.deepEqual(
      FunctionUrlConfigs!.map(({ FunctionArn }) => FunctionArn),
      [arnOf("addressed"), `${arnOf("addressed")}:live`],
    );
    const deleted = await lambda.deleteFunctionUrlConfig({ FunctionName: "addressed" });
    assert.equal(deleted.$metadata.httpStatusCode, 204);
    await assert.rejects(lambda.getFunctionUrlConfig({ FunctionName: "addressed" }), { name: "ResourceNotFoundException" });
  });
});

describe("a code signing configuration", () => {
  test("is created, used by a function, tagged and deleted when nobody uses it", async () => {
    const { lambda } = product;
    await createFunction(lambda, "signed", source);
    const publishers = { SigningProfileVersionArns: [`arn:aws:signer:us-east-1:${accountId}:/signing-profiles/test`] };
    const created = await lambda.createCodeSigningConfig({ AllowedPublishers: publishers, Description: "ours", Tags: { a: "1" } });
    assert.equal(created.$metadata.httpStatusCode, 201);
    const { CodeSigningConfigArn, CodeSigningConfigId, LastModified } = created.CodeSigningConfig!;
    assert.match(CodeSigningConfigId!, /^csc-[a-z0-9]{17}$/);
    const members = {
      CodeSigningConfigId,
      CodeSigningConfigArn: `arn:aws:lambda:us-east-1:${accountId}:code-signing-config:${CodeSigningConfigId}`,
      Description: "ours",
      AllowedPublishers: publishers,
      CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Warn" },
      LastModified,
    };
    assert.deepEqual(bare(created), { CodeSigningConfig: members });
    assert.deepEqual(bare(await lambda.getCodeSigningConfig({ CodeSigningConfigArn })), { CodeSigningConfig: members });
    const { CodeSigningConfig: updated } = await lambda.updateCodeSigningConfig({
      CodeSigningConfigArn,
      CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Enforce" },
    });
    assert.deepEqual(updated, {
      ...members,
      CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Enforce" },
      LastModified: updated!.LastModified,
    });
    assert.deepEqual(bare(await lambda.listCodeSigningConfigs({})), { CodeSigningConfigs: [updated] });

    assert.deepEqual(bare(await lambda.getFunctionCodeSigningConfig({ FunctionName: "signed" })), {});
    const use = { CodeSigningConfigArn, FunctionName: "signed" };
    assert.deepEqual(bare(await lambda.putFunctionCodeSigningConfig(use)), use);
    assert.deepEqual(bare(await lambda.getFunctionCodeSigningConfig({ FunctionName: "signed" })), use);
    assert.deepEqual(bare(await lambda.listFunctionsByCodeSigningConfig({ CodeSigningConfigArn })), { FunctionArns: [arnOf("signed")] });
    await assert.rejects(lambda.deleteCodeSigningConfig({ CodeSigningConfigArn }), { name: "ResourceConflictException" });
    assert.equal((await lambda.deleteFunctionCodeSigningConfig({ FunctionName: "signed" })).$metadata.httpStatusCode, 204);

    await createFunction(lambda, "signed-at-birth", source, { CodeSigningConfigArn });
    assert.deepEqual(bare(await lambda.getFunctionCodeSigningConfig({ FunctionName: "signed-at-birth" })), {
      CodeSigningConfigArn,
      FunctionName: "signed-at-birth",
    });
    await lambda.deleteFunction({ FunctionName: "signed-at-birth" });

    await lambda.tagResource({ Resource: CodeSigningConfigArn, Tags: { b: "2" } });
    await lambda.untagResource({ Resource: CodeSigningConfigArn, TagKeys: ["a"] });
    assert.deepEqual((await lambda.listTags({ Resource: CodeSigningConfigArn })).Tags, { b: "2" });
    assert.equal((await lambda.deleteCodeSigningConfig({ CodeSigningConfigArn })).$metadata.httpStatusCode, 204);
    assert.deepEqual(bare(await lambda.listCodeSigningConfigs({})), { CodeSigningConfigs: [] });
  });
});

describe("the small configurations", () => {
  test("say when the runtime is replaced", async () => {
    const { lambda } = product;
    await createPublished(product.lambda, "managed");
    const FunctionArn = arnOf("managed");
    const { RuntimeVersionConfig } = await lambda.getFunctionConfiguration({ FunctionName: "managed" });
    const manual = { UpdateRuntimeOn: "Manual" as const, RuntimeVersionArn: RuntimeVersionConfig!.RuntimeVersionArn };
    assert.deepEqual(bare(await lambda.getRuntimeManagementConfig({ FunctionName: "managed" })), { UpdateRuntimeOn: "Auto", FunctionArn });
    assert.deepEqual(bare(await lambda.putRuntimeManagementConfig({ FunctionName: "managed", ...manual })), { ...manual, FunctionArn });
    assert.deepEqual(bare(await lambda.getRuntimeManagementConfig({ FunctionName: "managed" })), { ...manual, FunctionArn });
    const onUpdate = { UpdateRuntimeOn: "FunctionUpdate" as const };
    assert.deepEqual(bare(await lambda.putRuntimeManagementConfig({ FunctionName: "managed", Qualifier: "1", ...onUpdate })), {
      ...onUpdate,
      FunctionArn: `${FunctionArn}:1`,
    });
    assert.deepEqual(bare(await lambda.putRuntimeManagementConfig({ FunctionName: "managed", UpdateRuntimeOn: "Auto" })), {
      UpdateRuntimeOn: "Auto",
      FunctionArn,
    });
  });

  test("say whether loops are ended", async () => {
    const { lambda } = product;
    await createFunction(lambda, "looping", source);
    assert.deepEqual(bare(await lambda.getFunctionRecursionConfig({ FunctionName: "looping" })), { RecursiveLoop: "Terminate" });
    for (const RecursiveLoop of ["Allow", "Terminate"] as const) {
      assert.deepEqual(bare(await lambda.putFunctionRecursionConfig({ FunctionName: "looping", RecursiveLoop })), { RecursiveLoop });
      assert.deepEqual(bare(await lambda.getFunctionRecursionConfig({ FunctionName: "looping" })), { RecursiveLoop });
    }
  });
});

test("whatever hangs on a function is gone with it, and does not come back with a new one of its name", async () => {
  const { lambda } = product;
  await createPublished(product.lambda, "mortal");
  await lambda.addPermission({ FunctionName: "mortal", StatementId: "a", Action: "lambda:InvokeFunction", Principal: "sns.amazonaws.com" });
  await lambda.putFunctionConcurrency({ FunctionName: "mortal", ReservedConcurrentExecutions: 3 });
  await lambda.createFunctionUrlConfig({ FunctionName: "mortal", AuthType: "NONE" });
  await lambda.putFunctionEventInvokeConfig({ FunctionName: "mortal", Qualifier: "live", MaximumRetryAttempts: 1 });
  const { UnreservedConcurrentExecutions } = (await lambda.getAccountSettings({})).AccountLimit!;
  await lambda.deleteFunction({ FunctionName: "mortal" });
  assert.equal((await lambda.getAccountSettings({})).AccountLimit!.UnreservedConcurrentExecutions, UnreservedConcurrentExecutions! + 3);
  await createFunction(lambda, "mortal", source);
  await assert.rejects(lambda.getPolicy({ FunctionName: "mortal" }), { name: "ResourceNotFoundException" });
  assert.deepEqual(bare(await lambda.getFunctionConcurrency({ FunctionName: "mortal" })), {});
  assert.deepEqual((await lambda.listFunctionUrlConfigs({ FunctionName: "mortal" })).FunctionUrlConfigs, []);
  assert.deepEqual((await lambda.listFunctionEventInvokeConfigs({ FunctionName: "mortal" })).FunctionEventInvokeConfigs, []);
});
