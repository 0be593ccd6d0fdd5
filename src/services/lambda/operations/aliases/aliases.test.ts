import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { zipOf } from "#test/packages.ts";
import { type LambdaTrial, openLambdaTrial, root } from "../../trial.ts";

describe("an alias", () => {
  let trial: LambdaTrial;

  beforeEach(async () => {
    trial = await openLambdaTrial();
    await trial.createFunction(await zipOf({ "index.js": "" }));
    await trial.settle();
    await trial.lambda.publishVersion({ FunctionName: "f" }, root);
  });
  afterEach(() => trial[Symbol.asyncDispose]());

  const create = () => trial.lambda.createAlias({ FunctionName: "f", Name: "a", FunctionVersion: "$LATEST", Description: "0" }, root);
  const update = (changes: { Description?: string; FunctionVersion?: string; RevisionId?: string | undefined }) =>
    trial.lambda.updateAlias({ FunctionName: "f", Name: "a", ...changes }, root);

  test("is made once, however many try at once", async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, create));
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") assert.match(String(outcome.reason), /Alias already exists: arn:\S+:f:a$/);
  });

  test("takes every change that is made at once with others", async () => {
    await create();
    await Promise.all([
      update({ FunctionVersion: "1" }),
      ...Array.from({ length: 20 }, (_, index) => update({ Description: String(index + 1) })),
    ]);
    const alias = await trial.lambda.getAlias({ FunctionName: "f", Name: "a" }, root);
    assert.equal(alias.FunctionVersion, "1");
    assert.notEqual(alias.Description, "0");
  });

  test("takes one change of those that know the same revision", async () => {
    const { RevisionId } = await create();
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => update({ Description: "mine", RevisionId })));
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") assert.equal((outcome.reason as Error).name, "PreconditionFailedException");
  });
});
