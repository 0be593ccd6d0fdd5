import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { ManualClock } from "#kit/manual-clock.ts";
import { zipOf } from "#test/packages.ts";
import { asyncInvocations } from "../loops/async-invocations.ts";
import { id, type LambdaTrial, openLambdaTrial, root } from "../trial.ts";
import { policyOf } from "./policies.ts";

const zip = await zipOf({ "index.js": "" });
const permission = { FunctionName: "f", StatementId: "sns", Action: "lambda:InvokeFunction", Principal: "sns.amazonaws.com" };

describe("satellites", () => {
  let trial: LambdaTrial;

  beforeEach(async () => {
    trial = await openLambdaTrial();
  });
  afterEach(() => trial[Symbol.asyncDispose]());

  test("a policy may be given to a function in the making, which becomes active all the same", async () => {
    trial.sandbox.gate = Promise.withResolvers();
    await trial.createFunction(zip);
    await trial.lambda.addPermission(permission, root);
    trial.sandbox.gate.resolve();
    await trial.settle();
    assert.equal((await trial.lambda.getFunctionConfiguration({ FunctionName: "f" }, root)).State, "Active");
  });

  test("the policy that guards an invocation is that of the qualifier by which it comes, and read from the disk but once", async () => {
    await trial.createFunction(zip);
    await trial.settle();
    await trial.lambda.publishVersion({ FunctionName: "f" }, root);
    await trial.lambda.addPermission({ ...permission, Qualifier: "1" }, root);
    assert.equal(await policyOf(trial.state, id), undefined);
    const reads = trial.readCount();
    assert.equal((await policyOf(trial.state, { ...id, qualifier: "1" }))?.Statement[0]?.Sid, "sns");
    assert.equal(trial.readCount(), reads);
    await trial.lambda.deleteFunction({ FunctionName: "f", Qualifier: "1" }, root);
    assert.equal(await policyOf(trial.state, { ...id, qualifier: "1" }), undefined);
  });

  test("reservations made at one time do not add up to more than the account has", async () => {
    await trial.createFunction(zip);
    await trial.settle();
    await trial.lambda.publishVersion({ FunctionName: "f" }, root);
    for (const Name of ["a", "b"]) await trial.lambda.createAlias({ FunctionName: "f", Name, FunctionVersion: "1" }, root);
    const provision = (Qualifier: string) =>
      trial.lambda.putProvisionedConcurrencyConfig({ FunctionName: "f", Qualifier, ProvisionedConcurrentExecutions: 500 }, root);
    const outcomes = await Promise.allSettled([provision("a"), provision("b")]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  });

  describe("an event", () => {
    /** How often a function that always fails is asked to deal with an event within six hours. */
    async function attemptsWith(configure: () => Promise<unknown>): Promise<number> {
      let attempts = 0;
      trial.sandbox.invoke = async () => (
        attempts++,
        { payload: Buffer.from("{}"), functionError: "Unhandled", finished: Promise.resolve() }
      );
      await trial.createFunction(zip);
      await trial.settle();
      await configure();
      await using _loop = asyncInvocations(trial.state).start();
      await trial.lambda.invoke({ FunctionName: "f", InvocationType: "Event" }, root);
      await untilDone();
      return attempts;
    }

    /** Lets time pass until no event is left, but only while the loop waits for nothing else. */
    async function untilDone(): Promise<void> {
      const clock = trial.state.clock as ManualClock;
      while ((await trial.state.events.nextDueMs(0)) !== undefined) {
        if (clock.pendingCount > 0) await clock.advance(10_000);
        else await new Promise((resolve) => setImmediate(resolve));
      }
    }

    test("that fails is tried three times", async () => {
      assert.equal(await attemptsWith(async () => {}), 3);
    });

    test("that fails is tried as often as was configured", async () => {
      assert.equal(
        await attemptsWith(() => trial.lambda.putFunctionEventInvokeConfig({ FunctionName: "f", MaximumRetryAttempts: 0 }, root)),
        1,
      );
    });

    test("is given up when it is older than was configured", async () => {
      assert.equal(
        await attemptsWith(() => trial.lambda.putFunctionEventInvokeConfig({ FunctionName: "f", MaximumEventAgeInSeconds: 120 }, root)),
        2,
      );
    });

    test("does not wait for a function that is switched off", async () => {
      assert.equal(
        await attemptsWith(() => trial.lambda.putFunctionConcurrency({ FunctionName: "f", ReservedConcurrentExecutions: 0 }, root)),
        0,
      );
    });
  });
});
