/** Provisioned concurrency as its users see it: environments that are there before anybody calls, and stay there. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Lambda } from "@aws-sdk/client-lambda";
import { createFunction, eventually, payloadOf, tailOf } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { connect, createFunctionRole, type Product, spawnProduct, startProduct } from "#test/product.ts";

/** Says when and why its environment was made; does what it is told. */
const source = `
const environment = { type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE, madeMs: Date.now() };
exports.handler = async ({ waitMs = 0, exits = false }) => {
  if (exits) process.exit(1);
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  return environment;
};
`;

interface Made {
  type: string;
  madeMs: number;
}

const provision = (lambda: Lambda, FunctionName: string, Qualifier: string, ProvisionedConcurrentExecutions: number) =>
  lambda.putProvisionedConcurrencyConfig({ FunctionName, Qualifier, ProvisionedConcurrentExecutions });

const settled = (lambda: Lambda, FunctionName: string, Qualifier: string) =>
  eventually(
    () => lambda.getProvisionedConcurrencyConfig({ FunctionName, Qualifier }),
    ({ Status }) => Status !== "IN_PROGRESS",
    30,
  );

const invoke = async (lambda: Lambda, FunctionName: string, Qualifier: string, event: object = {}): Promise<Made> =>
  payloadOf(await lambda.invoke({ FunctionName, Qualifier, Payload: JSON.stringify(event) })) as Made;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("provisioned concurrency", () => {
  let product: Product;
  before(async () => {
    product = await startProduct({}, "--isolation", "none");
  });
  after(() => product[Symbol.asyncDispose]());

  async function publish(name: string, code = source): Promise<void> {
    await createFunction(product.lambda, name, code, { Timeout: 30 });
    await product.lambda.publishVersion({ FunctionName: name });
  }

  test("has environments initialised before the first invocation; what is beyond them is made on demand", async () => {
    const { lambda } = product;
    await publish("ready");
    const { Status, AvailableProvisionedConcurrentExecutions: none } = await provision(lambda, "ready", "1", 2);
    assert.deepEqual([Status, none], ["IN_PROGRESS", 0]);
    const { $metadata, LastModified, ...config } = await settled(lambda, "ready", "1");
    assert.deepEqual(config, {
      RequestedProvisionedConcurrentExecutions: 2,
      AvailableProvisionedConcurrentExecutions: 2,
      AllocatedProvisionedConcurrentExecutions: 2,
      Status: "READY",
    });
    const startedMs = Date.now();
    const [first, second, third] = await Promise.all(Array.from({ length: 3 }, () => invoke(lambda, "ready", "1", { waitMs: 300 })));
    const types = [first, second, third].map((made) => made!.type).toSorted();
    assert.deepEqual(types, ["on-demand", "provisioned-concurrency", "provisioned-concurrency"]);
    for (const { type, madeMs } of [first!, second!, third!]) assert.equal(madeMs < startedMs, type === "provisioned-concurrency");
    assert.equal((await invoke(lambda, "ready", "$LATEST")).type, "on-demand");
    await lambda.deleteProvisionedConcurrencyConfig({ FunctionName: "ready", Qualifier: "1" });
    await eventually(
      () => Promise.all(Array.from({ length: 2 }, () => invoke(lambda, "ready", "1", { waitMs: 50 }))),
      (made) => made.every(({ type }) => type === "on-demand"),
    );
  });

  test("reports each initialisation on its own, and with the first invocation, which it costs nothing", async () => {
    const { lambda } = product;
    await publish("reporting");
    await provision(lambda, "reporting", "1", 1);
    await settled(lambda, "reporting", "1");
    const report = /^REPORT .*$/m.exec(
      tailOf(await lambda.invoke({ FunctionName: "reporting", Qualifier: "1", LogType: "Tail", Payload: "{}" })),
    );
    const [, duration, billed, init] =
      /\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\t.*Init Duration: ([\d.]+) ms/.exec(String(report)) ?? [];
    assert.ok(Number(init) > 0, String(report));
    assert.equal(Number(billed), Math.ceil(Number(duration)));
    const { events } = await eventually(
      () => product.logs.filterLogEvents({ logGroupName: "/aws/lambda/reporting", filterPattern: "INIT_REPORT" }),
      (page) => (page.events?.length ?? 0) > 0,
    );
    assert.match(events![0]!.message!, /^INIT_REPORT Init Duration: [\d.]+ ms$/);
  });

  test("replaces an environment that crashed", async () => {
    const { lambda } = product;
    await publish("crashing");
    await provision(lambda, "crashing", "1", 1);
    await settled(lambda, "crashing", "1");
    const { madeMs } = await invoke(lambda, "crashing", "1");
    await lambda.invoke({ FunctionName: "crashing", Qualifier: "1", Payload: '{"exits":true}' });
    const { madeMs: replacedMs } = await eventually(
      () => invoke(lambda, "crashing", "1"),
      (made) => made.type === "provisioned-concurrency" && made.madeMs > madeMs,
    );
    await pause(50);
    assert.equal((await invoke(lambda, "crashing", "1")).madeMs, replacedMs, "the one in its place stays");
  });

  test("fails for a function that cannot be initialised, in AWS's word", async () => {
    const { lambda } = product;
    await publish("broken", "throw new Error('no');");
    await provision(lambda, "broken", "1", 2);
    const { Status, StatusReason, AvailableProvisionedConcurrentExecutions } = await settled(lambda, "broken", "1");
    assert.deepEqual([Status, StatusReason, AvailableProvisionedConcurrentExecutions], ["FAILED", "FUNCTION_ERROR_INIT_FAILURE", 0]);
  });

  test("moves with its alias", async () => {
    const { lambda } = product;
    await publish("moving");
    await lambda.createAlias({ FunctionName: "moving", Name: "live", FunctionVersion: "1" });
    await provision(lambda, "moving", "live", 1);
    await settled(lambda, "moving", "live");
    const earlier = await invoke(lambda, "moving", "live");
    await lambda.updateFunctionCode({ FunctionName: "moving", ZipFile: await zipOf({ "index.js": `${source}// second` }), Publish: true });
    await lambda.updateAlias({ FunctionName: "moving", Name: "live", FunctionVersion: "2" });
    await settled(lambda, "moving", "live");
    const later = await invoke(lambda, "moving", "live");
    assert.deepEqual([earlier.type, later.type], ["provisioned-concurrency", "provisioned-concurrency"]);
    assert.ok(later.madeMs > earlier.madeMs);
  });
});

test("provisioned concurrency is there again after a kill", async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-provisioned-"));
  const run = async (use: (lambda: Lambda, isFirst: boolean) => Promise<void>, isFirst: boolean): Promise<void> => {
    const running = await spawnProduct(dataFolder, "--isolation", "none");
    const clients = connect(running.endpoint);
    try {
      if (isFirst) await createFunctionRole(clients);
      await use(clients.lambda, isFirst);
    } finally {
      for (const client of Object.values(clients)) client.destroy();
      running.process.kill("SIGKILL");
      if (running.process.exitCode === null && running.process.signalCode === null) await once(running.process, "exit");
    }
  };
  const use = async (lambda: Lambda, isFirst: boolean): Promise<void> => {
    if (isFirst) {
      await createFunction(lambda, "kept", source);
      await lambda.publishVersion({ FunctionName: "kept" });
      await provision(lambda, "kept", "1", 1);
    }
    const { Status } = await settled(lambda, "kept", "1");
    assert.equal(Status, "READY");
    assert.equal((await invoke(lambda, "kept", "1")).type, "provisioned-concurrency");
  };
  try {
    await run(use, true);
    await run(use, false);
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
  }
});
