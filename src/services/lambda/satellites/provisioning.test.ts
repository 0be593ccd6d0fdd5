import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { zipOf } from "#test/packages.ts";
import { unsettledFunctions } from "../loops/settling.ts";
import { type LambdaTrial, openLambdaTrial, root } from "../trial.ts";

const zip = await zipOf({ "index.js": "" });

describe("provisioned concurrency", () => {
  let trial: LambdaTrial;

  /** A function with versions 1 and 2 and the alias `live` of version 1. */
  beforeEach(async () => {
    trial = await openLambdaTrial();
    await trial.createFunction(zip);
    await trial.settle();
    await trial.lambda.publishVersion({ FunctionName: "f" }, root);
    await trial.lambda.updateFunctionConfiguration({ FunctionName: "f", Timeout: 4 }, root);
    await trial.settle();
    await trial.lambda.publishVersion({ FunctionName: "f" }, root);
    await trial.lambda.createAlias({ FunctionName: "f", Name: "live", FunctionVersion: "1" }, root);
  });
  afterEach(() => trial[Symbol.asyncDispose]());

  const put = (Qualifier: string, ProvisionedConcurrentExecutions: number) =>
    trial.lambda.putProvisionedConcurrencyConfig({ FunctionName: "f", Qualifier, ProvisionedConcurrentExecutions }, root);

  const get = (Qualifier: string) => trial.lambda.getProvisionedConcurrencyConfig({ FunctionName: "f", Qualifier }, root);

  /** How many environments the sandbox is to keep ready, by version. */
  const kept = (): Record<string, number> =>
    Object.fromEntries([...trial.sandbox.provisions.values()].map(({ spec, count }) => [spec.functionVersion, count]));

  test("of a version is asked for, shown as far as it has come, and given back", async () => {
    const answer = await put("1", 5);
    assert.deepEqual([answer.Status, answer.AllocatedProvisionedConcurrentExecutions], ["IN_PROGRESS", 0]);
    assert.deepEqual(kept(), { 1: 5 });
    trial.sandbox.provisionState = { allocated: 3, available: 2 };
    assert.deepEqual(await get("1"), {
      RequestedProvisionedConcurrentExecutions: 5,
      AvailableProvisionedConcurrentExecutions: 2,
      AllocatedProvisionedConcurrentExecutions: 3,
      Status: "IN_PROGRESS",
      LastModified: answer.LastModified,
    });
    trial.sandbox.provisionState = undefined;
    assert.equal((await get("1")).Status, "READY");
    await trial.lambda.deleteProvisionedConcurrencyConfig({ FunctionName: "f", Qualifier: "1" }, root);
    assert.deepEqual(kept(), {});
  });

  test("that cannot be had says why", async () => {
    await put("1", 5);
    trial.sandbox.provisionState = { allocated: 0, available: 0, failure: { reason: "init", message: "it failed" } };
    const { Status, StatusReason } = await get("1");
    assert.deepEqual({ Status, StatusReason }, { Status: "FAILED", StatusReason: "FUNCTION_ERROR_INIT_FAILURE" });
    trial.sandbox.provisionState = { allocated: 0, available: 0, failure: { reason: "busy", message: "no room" } };
    const { ProvisionedConcurrencyConfigs } = await trial.lambda.listProvisionedConcurrencyConfigs({ FunctionName: "f" }, root);
    assert.deepEqual([ProvisionedConcurrencyConfigs![0]!.Status, ProvisionedConcurrencyConfigs![0]!.StatusReason], ["FAILED", "no room"]);
  });

  test("of an alias follows it to another version, and is divided as its invocations are", async () => {
    await put("live", 10);
    assert.deepEqual(kept(), { 1: 10 });
    const update = (FunctionVersion: string, AdditionalVersionWeights: Record<string, number>) =>
      trial.lambda.updateAlias({ FunctionName: "f", Name: "live", FunctionVersion, RoutingConfig: { AdditionalVersionWeights } }, root);
    await update("1", { 2: 0.3 });
    assert.deepEqual(kept(), { 1: 7, 2: 3 });
    assert.equal((await get("live")).AvailableProvisionedConcurrentExecutions, 10);
    await assert.rejects(put("live", 11), { message: "Alias with weights can not be used with Provisioned Concurrency" });
    await update("2", {});
    assert.deepEqual(kept(), { 2: 10 });
    await trial.lambda.deleteAlias({ FunctionName: "f", Name: "live" }, root);
    assert.deepEqual(kept(), {});
  });

  test("does not follow an alias to a version that has it already", async () => {
    await put("live", 1);
    await put("2", 1);
    await assert.rejects(trial.lambda.updateAlias({ FunctionName: "f", Name: "live", FunctionVersion: "2" }, root), {
      code: "ResourceConflictException",
    });
    assert.equal((await trial.lambda.getAlias({ FunctionName: "f", Name: "live" }, root)).FunctionVersion, "1");
    assert.deepEqual(kept(), { 1: 1, 2: 1 });
  });

  test("of a version is given once, whichever alias asks, and never of $LATEST", async () => {
    await put("live", 1);
    await trial.lambda.createAlias({ FunctionName: "f", Name: "second", FunctionVersion: "2" }, root);
    await put("second", 2);
    const move = (Name: string, FunctionVersion: string, weights: Record<string, number> = {}) =>
      trial.lambda.updateAlias({ FunctionName: "f", Name, FunctionVersion, RoutingConfig: { AdditionalVersionWeights: weights } }, root);
    for (const refused of [move("second", "1"), move("live", "2"), move("live", "1", { 2: 0.5 })])
      await assert.rejects(refused, { code: "ResourceConflictException" });
    await assert.rejects(move("live", "$LATEST"), { code: "InvalidParameterValueException" });
    assert.deepEqual(kept(), { 1: 1, 2: 2 });
    await trial.lambda.deleteProvisionedConcurrencyConfig({ FunctionName: "f", Qualifier: "second" }, root);
    await move("live", "2");
    assert.deepEqual(kept(), { 2: 1 });
  });

  test("goes away with its function", async () => {
    await put("live", 1);
    await put("2", 1);
    await trial.lambda.deleteFunction({ FunctionName: "f" }, root);
    assert.deepEqual(kept(), {});
  });

  test("is asked for again after a restart", async () => {
    await put("live", 3);
    await put("2", 4);
    trial.sandbox.provisions.clear();
    await unsettledFunctions(trial.state).start()[Symbol.asyncDispose]();
    assert.deepEqual(kept(), { 1: 3, 2: 4 });
  });
});
