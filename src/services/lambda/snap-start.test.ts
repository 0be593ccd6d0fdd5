/** How versions with SnapStart come to be, by what the sandbox says of their snapshots. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import type { ManualClock } from "#kit/manual-clock.ts";
import { zipOf } from "#test/packages.ts";
import { id, type LambdaTrial, openLambdaTrial, root } from "./trial.ts";

const zip = await zipOf({ "index.js": "" });

describe("versions with SnapStart", () => {
  let trial: LambdaTrial;

  beforeEach(async () => {
    trial = await openLambdaTrial();
    await trial.createFunction(zip);
    await trial.settle();
    await trial.lambda.updateFunctionConfiguration({ FunctionName: "f", SnapStart: { ApplyOn: "PublishedVersions" } }, root);
    await trial.settle();
  });
  afterEach(() => trial[Symbol.asyncDispose]());

  const publish = () => trial.lambda.publishVersion({ FunctionName: "f" }, root);
  const shown = (): Promise<FunctionConfiguration> => trial.lambda.getFunctionConfiguration({ FunctionName: "f", Qualifier: "1" }, root);

  async function until(isDone: () => Promise<boolean>): Promise<void> {
    for (let attempt = 0; !(await isDone()); attempt++) {
      assert.ok(attempt < 1_000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  test("are Pending until the snapshot is there", async () => {
    trial.sandbox.gate = Promise.withResolvers();
    const { State, StateReasonCode, LastUpdateStatus, SnapStart } = await publish();
    assert.deepEqual([State, StateReasonCode, LastUpdateStatus, SnapStart?.OptimizationStatus], ["Pending", "Creating", undefined, "Off"]);
    await assert.rejects(Promise.resolve(trial.lambda.invoke({ FunctionName: "f", Qualifier: "1" }, root)), {
      code: "ResourceConflictException",
    });
    trial.sandbox.gate.resolve();
    await until(async () => (await shown()).State === "Active");
    assert.equal((await shown()).SnapStart?.OptimizationStatus, "On");
    const [spec] = trial.sandbox.snapped;
    assert.deepEqual([trial.sandbox.snapped.length, spec?.functionVersion, spec?.hasSnapStart], [1, "1", true]);
    await trial.lambda.invoke({ FunctionName: "f" }, root);
    assert.equal(trial.sandbox.invoked[0]?.spec.hasSnapStart, false, "$LATEST has none");
  });

  test("are Failed when the function's own code fails", async () => {
    trial.sandbox.snapshotFailure = { reason: "init", message: "no" };
    await publish();
    await until(async () => (await shown()).State === "Failed");
    const { StateReason, StateReasonCode, SnapStart } = await shown();
    assert.deepEqual(
      [StateReason, StateReasonCode, SnapStart?.OptimizationStatus],
      ["An error occurred during function initialization.", "FunctionError", "Off"],
    );
    await trial.lambda.createAlias({ FunctionName: "f", Name: "a", FunctionVersion: "$LATEST" }, root);
    await assert.rejects(Promise.resolve(trial.lambda.updateAlias({ FunctionName: "f", Name: "a", FunctionVersion: "1" }, root)), {
      code: "ResourceConflictException",
      message: /The resource arn:\S+:f:1 is currently in the following state: 'Failed'. StateReasonCode: 'FunctionError'$/,
    });
    assert.equal((await trial.lambda.getAlias({ FunctionName: "f", Name: "a" }, root)).FunctionVersion, "$LATEST");
  });

  test("wait for a machine that is busy, for half a minute", async () => {
    const clock = trial.state.clock as ManualClock;
    trial.sandbox.snapshotFailure = { reason: "busy", message: "no room" };
    await publish();
    await until(async () => trial.sandbox.snapped.length === 1);
    for (let attempt = 2; attempt <= 6; attempt++) {
      assert.equal((await shown()).State, "Pending");
      await until(async () => {
        await clock.advance(1_000);
        return trial.sandbox.snapped.length === attempt;
      });
    }
    await until(async () => (await shown()).State === "Failed");
    assert.equal((await shown()).StateReasonCode, "InternalError");
  });

  test("that are deleted meanwhile leave nothing behind", async () => {
    trial.sandbox.gate = Promise.withResolvers();
    await publish();
    const { environmentKey } = (await trial.state.store.find(id, "1"))!;
    await trial.lambda.deleteFunction({ FunctionName: "f", Qualifier: "1" }, root);
    const retired = trial.sandbox.retired.length;
    trial.sandbox.gate.resolve();
    await until(async () => trial.sandbox.retired.length > retired);
    assert.equal(trial.sandbox.retired.at(-1), environmentKey);
  });
});
