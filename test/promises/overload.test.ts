/** More than can be served: what is beyond the limits is throttled as on AWS, the rest is served, and nothing breaks. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TooManyRequestsException } from "@aws-sdk/client-lambda";
import { createFunction, eventually, payloadOf } from "#test/functions.ts";
import { type Product, startProduct } from "#test/product.ts";
import { canIsolate } from "#test/traces.ts";

const maxEnvironments = 3;

describe("a machine that can hold three environments", () => {
  let product: Product;
  before(async () => {
    product = await startProduct({}, "--isolation", "auto", "--max-environments", String(maxEnvironments));
    const source = "exports.handler = async (waitMs) => { await new Promise((resolve) => setTimeout(resolve, waitMs)); return 'served'; };";
    for (const name of ["popular", "other"]) await createFunction(product.lambda, name, source, { MemorySize: 1769, Timeout: 30 });
  });
  after(() => product[Symbol.asyncDispose]());

  /** What came of many invocations at once. */
  async function storm(count: number, waitMs: number): Promise<{ served: number; throttled: number }> {
    const outcomes = await Promise.all(
      Array.from({ length: count }, (_, n) =>
        product.lambda
          .invoke({ FunctionName: n % 2 === 0 ? "popular" : "other", Payload: String(waitMs) })
          .then(payloadOf, (error: unknown) => {
            assert.ok(error instanceof TooManyRequestsException, String(error));
            assert.equal(error.$metadata.httpStatusCode, 429);
            assert.equal(error.Reason, "ConcurrentInvocationLimitExceeded");
            return "throttled";
          }),
      ),
    );
    const countOf = (wanted: string): number => outcomes.filter((outcome) => outcome === wanted).length;
    const result = { served: countOf("served"), throttled: countOf("throttled") };
    assert.equal(result.served + result.throttled, count, JSON.stringify(outcomes));
    return result;
  }

  test("serves three long invocations of a hundred and throttles the others", async () => {
    const { served } = await storm(100, 3_000);
    assert.ok(served >= maxEnvironments, `${served} were served`);
    assert.ok(served <= 2 * maxEnvironments, `${served} were served`);
  });

  test("serves on after storm upon storm", async () => {
    for (let round = 0; round < 5; round++) await storm(60, 0);
    for (const name of ["popular", "other"])
      assert.equal(payloadOf(await product.lambda.invoke({ FunctionName: name, Payload: "0" })), "served");
  });
});

test("a burst of first invocations is served in turn, none of them late", async () => {
  await using product = await startProduct({}, "--isolation", "auto");
  await createFunction(product.lambda, "burst", "exports.handler = async () => 'served';", { MemorySize: 1769, Timeout: 30 });
  const answers = await Promise.all(Array.from({ length: 60 }, () => product.lambda.invoke({ FunctionName: "burst" })));
  assert.deepEqual(new Set(answers.map(payloadOf)), new Set(["served"]));
});

test("functions that together want more memory than there is for them end each other, and nobody else", { skip: !canIsolate }, async () => {
  await using product = await startProduct({}, "--isolation", "namespaces", "--function-memory", "400");
  const greedy =
    "exports.handler = async (mb) => { const all = Buffer.alloc(mb * 1024 * 1024, 1); await new Promise((done) => setTimeout(done, 4000)); return all.length; };";
  await createFunction(product.lambda, "greedy", greedy, { MemorySize: 1769, Timeout: 30 });
  await createFunction(product.lambda, "modest", "exports.handler = async () => 'served';", { MemorySize: 1769, Timeout: 30 });
  const outcomes = await Promise.all(
    Array.from({ length: 6 }, () =>
      product.lambda.invoke({ FunctionName: "greedy", Payload: "150" }).then(
        (answer) => (answer.FunctionError === undefined ? "served" : (payloadOf(answer) as { errorType: string }).errorType),
        (error: Error) => error.name,
      ),
    ),
  );
  const known = ["served", "Runtime.ExitError", "TooManyRequestsException"];
  assert.deepEqual(
    outcomes.filter((outcome) => !known.includes(outcome)),
    [],
  );
  assert.ok(
    outcomes.some((outcome) => outcome !== "served"),
    "six times 150 MB do not fit into 400",
  );
  const answer = await eventually(
    () => product.lambda.invoke({ FunctionName: "modest" }).catch(() => undefined),
    (given) => given !== undefined && given.FunctionError === undefined,
  );
  assert.equal(payloadOf(answer!), "served");
});
