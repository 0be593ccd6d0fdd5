import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { BlobNotFound } from "#storage/blobs.ts";
import { zipOf } from "#test/packages.ts";
import { accountId, id, type LambdaTrial, openLambdaTrial, root } from "../../trial.ts";

const arn = `arn:aws:lambda:eu-central-1:${accountId}:function:f`;

const zip = await zipOf({ "index.js": "" });

describe("versions", () => {
  let trial: LambdaTrial;

  beforeEach(async () => {
    trial = await openLambdaTrial();
  });
  afterEach(() => trial[Symbol.asyncDispose]());

  async function configure(Timeout: number): Promise<void> {
    await trial.lambda.updateFunctionConfiguration({ FunctionName: "f", Timeout }, root);
    await trial.settle();
  }

  const publish = async (): Promise<string> => (await trial.lambda.publishVersion({ FunctionName: "f" }, root)).Version!;

  test("are not published while the function is being made or changed", async () => {
    trial.sandbox.gate = Promise.withResolvers();
    await trial.createFunction(zip);
    await assert.rejects(publish(), {
      code: "ResourceConflictException",
      message: `The operation cannot be performed at this time. The resource ${arn} is currently in the following state: 'Pending'. StateReasonCode: 'Creating'`,
    });
    trial.sandbox.gate.resolve();
    await trial.settle();
    trial.sandbox.gate = Promise.withResolvers();
    await trial.lambda.updateFunctionConfiguration({ FunctionName: "f", Timeout: 4 }, root);
    await assert.rejects(publish(), {
      code: "ResourceConflictException",
      message: `The operation cannot be performed at this time. An update is in progress for resource: ${arn}`,
    });
    trial.sandbox.gate.resolve();
    await trial.settle();
    assert.equal(await publish(), "1");
  });

  test("that many publish at once come into being once", async () => {
    await trial.createFunction(zip);
    await trial.settle();
    assert.deepEqual(new Set(await Promise.all(Array.from({ length: 10 }, publish))), new Set(["1"]));
    const { Versions } = await trial.lambda.listVersionsByFunction({ FunctionName: "f" }, root);
    assert.deepEqual(
      Versions!.map(({ Version }) => Version),
      ["$LATEST", "1"],
    );
  });

  test("keep their code package for as long as there is one of them", async () => {
    await trial.createFunction(zip);
    await trial.settle();
    await publish();
    const { digest } = (await trial.state.store.find(id, "1"))!.code;
    await trial.lambda.updateFunctionCode({ FunctionName: "f", ZipFile: await zipOf({ "index.js": "changed" }) }, root);
    await trial.settle();
    await trial.state.packages.removeUnused(digest);
    assert.ok((await trial.state.blobs.read(digest)).length > 0);
    await trial.lambda.deleteFunction({ FunctionName: "f", Qualifier: "1" }, root);
    await trial.state.packages.removeUnused(digest);
    await assert.rejects(trial.state.blobs.read(digest), BlobNotFound);
  });

  test("keep their environments until they are deleted", async () => {
    await trial.createFunction(zip);
    await trial.settle();
    await publish();
    const { environmentKey } = (await trial.state.store.find(id, "1"))!;
    await configure(4);
    assert.equal(trial.sandbox.retired.includes(environmentKey), false);
    await trial.lambda.deleteFunction({ FunctionName: "f" }, root);
    assert.ok(trial.sandbox.retired.includes(environmentKey));
  });

  test("are not deleted while an alias comes to point to them", async () => {
    await trial.createFunction(zip);
    await trial.settle();
    await publish();
    const outcomes = await Promise.allSettled([
      trial.lambda.createAlias({ FunctionName: "f", Name: "a", FunctionVersion: "1" }, root),
      trial.lambda.deleteFunction({ FunctionName: "f", Qualifier: "1" }, root),
    ]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const isThere = outcomes[0].status === "fulfilled";
    assert.equal((await trial.state.store.find(id, "1")) !== undefined, isThere);
    assert.equal((await trial.state.aliases.find(id, "a")) !== undefined, isThere);
  });

  test("share the invocations of an alias by lot, without a look at the disk", async () => {
    await trial.createFunction(zip);
    await trial.settle();
    await publish();
    await configure(4);
    await publish();
    const RoutingConfig = { AdditionalVersionWeights: { "2": 0.1 } };
    await trial.lambda.createAlias({ FunctionName: "f", Name: "split", FunctionVersion: "1", RoutingConfig }, root);
    trial.fractions.push(0.9, 0.5, 0.09, 0.1);
    const invoke = () => trial.lambda.invoke({ FunctionName: "f:split" }, root);
    await invoke();
    const before = trial.readCount();
    for (let count = 0; count < 3; count++) await invoke();
    assert.equal(trial.readCount(), before);
    assert.deepEqual(
      trial.sandbox.invoked.map(({ spec }) => spec.functionVersion),
      ["1", "1", "2", "1"],
    );
    assert.deepEqual(
      trial.sandbox.invoked.map(({ request }) => request.invokedFunctionArn),
      Array(4).fill(`${arn}:split`),
    );
  });
});
