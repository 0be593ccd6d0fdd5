/** Resource policies and concurrency, as the AWS SDK sees them: every answer member for member. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { arnOf, bare, createFunction, createPublished, eventually, payloadOf } from "#test/functions.ts";
import { accountId, type Product, startProduct } from "#test/product.ts";

const source = "exports.handler = async () => 1;";
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let product: Product;

before(async () => {
  product = await startProduct();
});
after(() => product[Symbol.asyncDispose]());

describe("a resource policy", () => {
  test("is written statement by statement as AWS writes it, and is gone with the last one", async () => {
    const { lambda } = product;
    await createPublished(product.lambda, "permitted");
    const added = await lambda.addPermission({
      FunctionName: "permitted",
      StatementId: "s3",
      Action: "lambda:InvokeFunction",
      Principal: "s3.amazonaws.com",
      SourceArn: "arn:aws:s3:::bucket",
      SourceAccount: accountId,
    });
    const s3 = `{"Sid":"s3","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"${arnOf("permitted")}","Condition":{"StringEquals":{"AWS:SourceAccount":"${accountId}"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::bucket"}}}`;
    assert.equal(added.$metadata.httpStatusCode, 201);
    assert.deepEqual(bare(added), { Statement: s3 });
    const { Statement: account } = await lambda.addPermission({
      FunctionName: "permitted",
      StatementId: "account",
      Action: "lambda:GetFunction",
      Principal: "111111111111",
    });
    const { Policy, RevisionId } = await lambda.getPolicy({ FunctionName: "permitted" });
    assert.equal(Policy, `{"Version":"2012-10-17","Id":"default","Statement":[${s3},${account}]}`);
    assert.equal((await lambda.getFunctionConfiguration({ FunctionName: "permitted" })).RevisionId, RevisionId);

    const removed = await lambda.removePermission({ FunctionName: "permitted", StatementId: "s3", RevisionId });
    assert.equal(removed.$metadata.httpStatusCode, 204);
    await assert.rejects(lambda.removePermission({ FunctionName: "permitted", StatementId: "account", RevisionId }), {
      name: "PreconditionFailedException",
    });
    await lambda.removePermission({ FunctionName: "permitted", StatementId: "account" });
    await assert.rejects(lambda.getPolicy({ FunctionName: "permitted" }), { name: "ResourceNotFoundException" });
  });

  test("names principals and conditions of every kind", async () => {
    const { lambda } = product;
    await createFunction(lambda, "conditional", source);
    const add = async (
      StatementId: string,
      rest: {
        Principal: string;
        Action?: string;
        PrincipalOrgID?: string;
        EventSourceToken?: string;
        FunctionUrlAuthType?: "NONE";
        InvokedViaFunctionUrl?: boolean;
      },
    ) => {
      const { Statement } = await lambda.addPermission({
        FunctionName: "conditional",
        StatementId,
        Action: "lambda:InvokeFunction",
        ...rest,
      });
      const { Principal, Condition } = JSON.parse(Statement!) as { Principal: unknown; Condition?: unknown };
      return { Principal, Condition };
    };
    assert.deepEqual(await add("role", { Principal: `arn:aws:iam::${accountId}:role/caller` }), {
      Principal: { AWS: `arn:aws:iam::${accountId}:role/caller` },
      Condition: undefined,
    });
    assert.deepEqual(await add("account", { Principal: accountId }), {
      Principal: { AWS: `arn:aws:iam::${accountId}:root` },
      Condition: undefined,
    });
    assert.deepEqual(await add("organization", { Principal: "*", PrincipalOrgID: "o-abcdefghij" }), {
      Principal: "*",
      Condition: { StringEquals: { "aws:PrincipalOrgID": "o-abcdefghij" } },
    });
    assert.deepEqual(await add("alexa", { Principal: "alexa-appkit.amazon.com", EventSourceToken: "skill" }), {
      Principal: { Service: "alexa-appkit.amazon.com" },
      Condition: { StringEquals: { "lambda:EventSourceToken": "skill" } },
    });
    assert.deepEqual(await add("url", { Principal: "*", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" }), {
      Principal: "*",
      Condition: { StringEquals: { "lambda:FunctionUrlAuthType": "NONE" } },
    });
    assert.deepEqual(await add("via", { Principal: "*", InvokedViaFunctionUrl: true }), {
      Principal: "*",
      Condition: { Bool: { "lambda:InvokedViaFunctionUrl": "true" } },
    });
  });

  test("belongs to one version or alias, whose revision is its own", async () => {
    const { lambda } = product;
    await createPublished(product.lambda, "qualified");
    for (const Qualifier of ["1", "live"]) {
      const { Statement } = await lambda.addPermission({
        FunctionName: "qualified",
        Qualifier,
        StatementId: "sns",
        Action: "lambda:InvokeFunction",
        Principal: "sns.amazonaws.com",
      });
      assert.equal((JSON.parse(Statement!) as { Resource: string }).Resource, `${arnOf("qualified")}:${Qualifier}`);
    }
    const { RevisionId } = await lambda.getPolicy({ FunctionName: "qualified", Qualifier: "live" });
    assert.equal((await lambda.getAlias({ FunctionName: "qualified", Name: "live" })).RevisionId, RevisionId);
    await assert.rejects(lambda.getPolicy({ FunctionName: "qualified" }), { name: "ResourceNotFoundException" });
    await lambda.deleteAlias({ FunctionName: "qualified", Name: "live" });
    await lambda.createAlias({ FunctionName: "qualified", Name: "live", FunctionVersion: "1" });
    await assert.rejects(lambda.getPolicy({ FunctionName: "qualified", Qualifier: "live" }), { name: "ResourceNotFoundException" });
  });

  test("is put, shown and deleted as a whole", async () => {
    const { lambda } = product;
    await createFunction(lambda, "whole", source);
    const ResourceArn = arnOf("whole");
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Sid: "a", Effect: "Allow", Principal: { AWS: "111111111111" }, Action: "lambda:*", Resource: ResourceArn }],
    });
    const put = bare(await lambda.putResourcePolicy({ ResourceArn, Policy }));
    assert.match(put.RevisionId!, uuid);
    assert.deepEqual(put, { Policy, RevisionId: put.RevisionId });
    assert.deepEqual(bare(await lambda.getResourcePolicy({ ResourceArn })), put);
    const deleted = await lambda.deleteResourcePolicy({ ResourceArn, RevisionId: put.RevisionId });
    assert.equal(deleted.$metadata.httpStatusCode, 204);
    await assert.rejects(lambda.getResourcePolicy({ ResourceArn }), { name: "ResourceNotFoundException" });
  });

  test("takes many statements at one time without losing any", async () => {
    const { lambda } = product;
    await createFunction(lambda, "crowded", source);
    const add = (StatementId: string) =>
      lambda.addPermission({ FunctionName: "crowded", StatementId, Action: "lambda:InvokeFunction", Principal: "sns.amazonaws.com" });
    await Promise.all(["a", "b", "c", "d", "e"].map(add));
    const { Policy } = await lambda.getPolicy({ FunctionName: "crowded" });
    assert.deepEqual((JSON.parse(Policy!) as { Statement: Array<{ Sid: string }> }).Statement.map(({ Sid }) => Sid).sort(), [
      "a",
      "b",
      "c",
      "d",
      "e",
    ]);
  });
});

describe("concurrency", () => {
  test("is reserved for a function out of the account's, and given back", async () => {
    const { lambda } = product;
    await createFunction(lambda, "reserving", source);
    const unreserved = (await lambda.getAccountSettings({})).AccountLimit!.UnreservedConcurrentExecutions!;
    assert.deepEqual(bare(await lambda.getFunctionConcurrency({ FunctionName: "reserving" })), {});
    assert.deepEqual(bare(await lambda.putFunctionConcurrency({ FunctionName: "reserving", ReservedConcurrentExecutions: 7 })), {
      ReservedConcurrentExecutions: 7,
    });
    assert.deepEqual(bare(await lambda.getFunctionConcurrency({ FunctionName: "reserving" })), { ReservedConcurrentExecutions: 7 });
    assert.deepEqual((await lambda.getFunction({ FunctionName: "reserving" })).Concurrency, { ReservedConcurrentExecutions: 7 });
    assert.equal((await lambda.getAccountSettings({})).AccountLimit!.UnreservedConcurrentExecutions, unreserved - 7);
    const deleted = await lambda.deleteFunctionConcurrency({ FunctionName: "reserving" });
    assert.equal(deleted.$metadata.httpStatusCode, 204);
    assert.deepEqual(bare(await lambda.getFunctionConcurrency({ FunctionName: "reserving" })), {});
    assert.equal("Concurrency" in (await lambda.getFunction({ FunctionName: "reserving" })), false);
    assert.equal((await lambda.getAccountSettings({})).AccountLimit!.UnreservedConcurrentExecutions, unreserved);
  });

  test("that is used up throttles the next caller, and nobody after that", async () => {
    const { lambda } = product;
    await createFunction(lambda, "busy", `exports.handler = () => new Promise((resolve) => setTimeout(() => resolve("done"), 500));`);
    await lambda.putFunctionConcurrency({ FunctionName: "busy", ReservedConcurrentExecutions: 1 });
    const outcomes = await Promise.allSettled([lambda.invoke({ FunctionName: "busy" }), lambda.invoke({ FunctionName: "busy" })]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const { reason } = outcomes.find((outcome) => outcome.status === "rejected")!;
    const { name, Reason, retryAfterSeconds } = reason as { name: string; Reason: string; retryAfterSeconds: string };
    assert.deepEqual(
      { name, Reason, retryAfterSeconds },
      { name: "TooManyRequestsException", Reason: "ReservedFunctionConcurrentInvocationLimitExceeded", retryAfterSeconds: "1" },
    );
    assert.equal(payloadOf(await lambda.invoke({ FunctionName: "busy" })), "done");
  });

  test("is provisioned for versions and aliases", async () => {
    const { lambda } = product;
    await createPublished(product.lambda, "ready");
    const requested = { FunctionName: "ready", Qualifier: "live" };
    const put = await lambda.putProvisionedConcurrencyConfig({ ...requested, ProvisionedConcurrentExecutions: 2 });
    assert.equal(put.$metadata.httpStatusCode, 202);
    const { LastModified } = put;
    assert.match(LastModified!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);
    assert.deepEqual(bare(put), {
      RequestedProvisionedConcurrentExecutions: 2,
      AvailableProvisionedConcurrentExecutions: 0,
      AllocatedProvisionedConcurrentExecutions: 0,
      Status: "IN_PROGRESS",
      LastModified,
    });
    const ready = await eventually(
      () => lambda.getProvisionedConcurrencyConfig(requested),
      ({ Status }) => Status !== "IN_PROGRESS",
    );
    const members = {
      RequestedProvisionedConcurrentExecutions: 2,
      AvailableProvisionedConcurrentExecutions: 2,
      AllocatedProvisionedConcurrentExecutions: 2,
      Status: "READY",
      LastModified,
    };
    assert.deepEqual(bare(ready), members);
    assert.deepEqual(bare(await lambda.listProvisionedConcurrencyConfigs({ FunctionName: "ready" })), {
      ProvisionedConcurrencyConfigs: [{ FunctionArn: `${arnOf("ready")}:live`, ...members }],
    });
    const deleted = await lambda.deleteProvisionedConcurrencyConfig(requested);
    assert.equal(deleted.$metadata.httpStatusCode, 204);
    assert.deepEqual(bare(await lambda.listProvisionedConcurrencyConfigs({ FunctionName: "ready" })), {
      ProvisionedConcurrencyConfigs: [],
    });
  });
});
