/** Many clients at the same thing: one wins, the others are told, and what is left makes sense. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Lambda } from "@aws-sdk/client-lambda";
import { createFunction, eventually, nodeRuntime, payloadOf } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { type Product, roleArn, startProduct } from "#test/product.ts";

const contenders = 40;

/** Runs `action` for all contenders at once; counts the outcomes by error name, "done" for those that had none. */
async function contend(action: (index: number) => Promise<unknown>): Promise<Record<string, number>> {
  const outcomes = await Promise.all(
    Array.from({ length: contenders }, (_, index) =>
      action(index).then(
        () => "done",
        (error: Error) => error.name,
      ),
    ),
  );
  return Object.fromEntries(Object.entries(Object.groupBy(outcomes, (name) => name)).map(([name, all]) => [name, all!.length]));
}

describe("at the same moment", () => {
  let product: Product;
  let lambda: Lambda;
  let zip: Buffer;

  before(async () => {
    product = await startProduct();
    lambda = product.lambda;
    zip = await zipOf({ "index.js": "exports.handler = async () => 1;" });
  });
  after(() => product[Symbol.asyncDispose]());

  const create = (name: string): Promise<unknown> =>
    lambda.createFunction({ FunctionName: name, Runtime: nodeRuntime, Handler: "index.handler", Role: roleArn, Code: { ZipFile: zip } });
  const isSettled = (name: string) =>
    eventually(
      () => lambda.getFunctionConfiguration({ FunctionName: name }),
      ({ State, LastUpdateStatus }) => State === "Active" && LastUpdateStatus === "Successful",
    );

  test("one creation of a name succeeds", async () => {
    assert.deepEqual(await contend(() => create("contended")), { done: 1, ResourceConflictException: contenders - 1 });
  });

  test("updates exclude each other, and none is half done", async () => {
    await createFunction(lambda, "updated", "exports.handler = async () => process.env.NUMBER;");
    const outcomes = await contend((index) =>
      lambda.updateFunctionConfiguration({
        FunctionName: "updated",
        Description: `number ${index}`,
        Environment: { Variables: { NUMBER: `${index}` } },
      }),
    );
    assert.ok(outcomes.done! >= 1);
    assert.equal(outcomes.done! + (outcomes.ResourceConflictException ?? 0), contenders, JSON.stringify(outcomes));
    const { Description, Environment } = await isSettled("updated");
    assert.equal(Description, `number ${Environment!.Variables!.NUMBER}`);
    assert.equal(payloadOf(await lambda.invoke({ FunctionName: "updated" })), Environment!.Variables!.NUMBER);
  });

  test("one of those that know the same revision wins", async () => {
    await createFunction(lambda, "guarded", "exports.handler = async () => 1;");
    const { RevisionId } = await isSettled("guarded");
    const { done = 0, ...others } = await contend((index) =>
      lambda.updateFunctionConfiguration({ FunctionName: "guarded", RevisionId, Description: `${index}` }),
    );
    assert.equal(done, 1, JSON.stringify(others));
    assert.deepEqual(
      Object.keys(others).filter((name) => !["PreconditionFailedException", "ResourceConflictException"].includes(name)),
      [],
    );
  });

  test("creation and deletion leave the function or nothing, and it works if it is there", async () => {
    await contend(async (index) => {
      if (index % 2 === 0) await create("flickering");
      else await lambda.deleteFunction({ FunctionName: "flickering" });
    });
    const isThere = await isSettled("flickering").then(
      () => true,
      () => false,
    );
    if (isThere) assert.equal(payloadOf(await lambda.invoke({ FunctionName: "flickering" })), 1);
    else await create("flickering");
  });

  test("tags of all who tag arrive", async () => {
    await createFunction(lambda, "tagged", "exports.handler = async () => 1;");
    const Resource = (await lambda.getFunctionConfiguration({ FunctionName: "tagged" })).FunctionArn!;
    const outcomes = await contend((index) => lambda.tagResource({ Resource, Tags: { [`key-${index}`]: "x" } }));
    const tags = Object.keys((await lambda.listTags({ Resource })).Tags!);
    assert.equal(tags.length, outcomes.done);
    assert.deepEqual(
      Object.keys(outcomes).filter((name) => !["done", "ResourceConflictException"].includes(name)),
      [],
    );
  });

  test("functions share a package, and losing one does not harm the other", async () => {
    await Promise.all(["twin-a", "twin-b"].map((name) => createFunction(lambda, name, "exports.handler = async () => 'twin';")));
    await Promise.all([
      lambda.deleteFunction({ FunctionName: "twin-a" }),
      lambda.updateFunctionConfiguration({ FunctionName: "twin-b", Description: "cold again" }),
    ]);
    await isSettled("twin-b");
    assert.equal(payloadOf(await lambda.invoke({ FunctionName: "twin-b" })), "twin");
  });

  test("an update while the function runs harms no invocation", async () => {
    await createFunction(
      lambda,
      "busy",
      "exports.handler = async () => { await new Promise((resolve) => setTimeout(resolve, 50)); return 1; };",
    );
    const invocations = Promise.all(
      Array.from({ length: 10 }, async () => {
        for (let round = 0; round < 4; round++) assert.equal(payloadOf(await lambda.invoke({ FunctionName: "busy" })), 1);
      }),
    );
    for (let round = 0; round < 3; round++) {
      await lambda.updateFunctionCode({ FunctionName: "busy", ZipFile: zip });
      await isSettled("busy");
    }
    await invocations;
  });
});
