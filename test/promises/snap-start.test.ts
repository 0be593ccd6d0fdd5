/** SnapStart as its users see it: versions that are initialised when they are published, and environments that begin where that left off. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type CreateFunctionCommandInput, type Lambda, waitUntilPublishedVersionActive } from "@aws-sdk/client-lambda";
import { createFunction, payloadOf, tailOf } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { connect, createFunctionRole, type Product, spawnProduct, startProduct } from "#test/product.ts";
import { canIsolate } from "#test/traces.ts";

const snapStart = { SnapStart: { ApplyOn: "PublishedVersions" } } as const;

const javaScript = `
const events = ["init"];
awslambda.snapshot.registerBeforeSnapshot(() => events.push("before"));
awslambda.snapshot.registerAfterRestore(() => events.push("after"));
exports.handler = async () => ({ events, type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE });
`;

const python = `
import os
import boto3
from snapshot_restore_py import register_after_restore, register_before_snapshot
events = ["init"]
sts = boto3.client("sts")
@register_before_snapshot
def before(): events.append("before")
@register_after_restore
def after(): events.append("after")
def handler(event, context):
    return {"events": events, "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], "role": sts.get_caller_identity()["Arn"].split("/")[1]}
`;

const active = (client: Lambda, FunctionName: string, Qualifier = "1") =>
  waitUntilPublishedVersionActive({ client, maxWaitTime: 60, minDelay: 0.05, maxDelay: 0.2 }, { FunctionName, Qualifier });

const publish = async (lambda: Lambda, name: string, source: string, settings: Partial<CreateFunctionCommandInput> = {}) => {
  await createFunction(lambda, name, source, { ...snapStart, ...settings });
  return lambda.publishVersion({ FunctionName: name });
};

const stateOf = async (lambda: Lambda, FunctionName: string, Qualifier = "1") => {
  const { State, StateReason, StateReasonCode, LastUpdateStatus, SnapStart } = await lambda.getFunctionConfiguration({
    FunctionName,
    Qualifier,
  });
  return [State, StateReason, StateReasonCode, LastUpdateStatus, SnapStart?.OptimizationStatus];
};

const ofPython = async (): Promise<Partial<CreateFunctionCommandInput>> => ({
  Runtime: "python3.12",
  Handler: "app.handler",
  Code: { ZipFile: await zipOf({ "app.py": python }) },
});

const isolations = [
  { isolation: "none", skip: false },
  { isolation: "namespaces", skip: !canIsolate && "takes Linux on x86-64, and root" },
];

for (const { isolation, skip } of isolations) {
  describe(`SnapStart, with --isolation ${isolation}`, { skip }, () => {
    let product: Product;
    before(async () => {
      product = await startProduct({}, "--isolation", isolation);
    });
    after(() => product[Symbol.asyncDispose]());

    test("a version is Pending until it is initialised; its environments go on from there, by way of the hooks", async () => {
      const { lambda } = product;
      for (const [name, settings, more] of [
        ["in-javascript", {}, {}],
        ["in-python", await ofPython(), { role: "function-role" }],
      ] as const) {
        const published = await publish(lambda, name, javaScript, settings);
        assert.deepEqual([published.State, published.SnapStart?.OptimizationStatus], ["Pending", "Off"]);
        await active(lambda, name);
        assert.deepEqual(await stateOf(lambda, name), ["Active", undefined, undefined, "Successful", "On"]);
        assert.equal((await stateOf(lambda, name, "$LATEST")).at(-1), "Off");
        const first = await lambda.invoke({ FunctionName: name, Qualifier: "1", LogType: "Tail" });
        assert.deepEqual(payloadOf(first), { events: ["init", "before", "after"], type: "snap-start", ...more });
        assert.match(tailOf(first), /\tRestore Duration: [\d.]+ ms\tBilled Restore Duration: \d+ ms\t/);
        const second = await lambda.invoke({ FunctionName: name, Qualifier: "1", LogType: "Tail" });
        assert.doesNotMatch(tailOf(second), /Restore Duration/);
        const latest = payloadOf(await lambda.invoke({ FunctionName: name })) as { events: string[]; type: string };
        assert.deepEqual([latest.events, latest.type], [["init"], "on-demand"]);
      }
    });

    test("a version whose initialisation fails is Failed, and one that is deleted leaves nothing", async () => {
      const { lambda } = product;
      await publish(lambda, "broken", "throw new Error('never'); exports.handler = 1;");
      await assert.rejects(active(lambda, "broken"));
      const reason = "An error occurred during function initialization.";
      assert.deepEqual(await stateOf(lambda, "broken"), ["Failed", reason, "FunctionError", "Failed", "Off"]);
      await assert.rejects(lambda.invoke({ FunctionName: "broken", Qualifier: "1" }), {
        name: "ResourceConflictException",
        message: "The operation cannot be performed at this time. The function is currently in the following state: Failed",
      });
      await lambda.deleteFunction({ FunctionName: "broken", Qualifier: "1" });
    });

    test("a hook after the restore that fails is the error of the invocation", async () => {
      const { lambda } = product;
      await publish(
        lambda,
        "unrestorable",
        "awslambda.snapshot.registerAfterRestore(() => { throw new Error('no') }); exports.handler = async () => 1;",
      );
      await active(lambda, "unrestorable");
      await assert.rejects(lambda.invoke({ FunctionName: "unrestorable", Qualifier: "1" }), {
        name: "SnapStartException",
        message: "The afterRestore() runtime hook encountered an error. For more information, check the Amazon CloudWatch logs.",
      });
    });
  });
}

test("while a version is Pending it serves nobody, and a kill of the product does not lose it", async (t) => {
  const dataFolder = await mkdtemp(join(tmpdir(), "pilotlight-snap-start-"));
  // Initialisations wait for its answer.
  const isOpen = Promise.withResolvers<void>();
  const gate = createServer((_, reply) => void isOpen.promise.then(() => reply.end())).listen(0, "127.0.0.1");
  await once(gate, "listening");
  let product = await spawnProduct(dataFolder, "--isolation", "none");
  t.after(async () => {
    product.process.kill("SIGKILL");
    gate.close().closeAllConnections();
    await rm(dataFolder, { recursive: true, force: true });
  });
  const clients = connect(product.endpoint);
  await createFunctionRole(clients);
  const waiting = `
    if (process.env.AWS_LAMBDA_INITIALIZATION_TYPE === "snap-start") await fetch("http://127.0.0.1:${(gate.address() as AddressInfo).port}");
    export const handler = async () => "served";`;
  await publish(clients.lambda, "kept", "", { Code: { ZipFile: await zipOf({ "index.mjs": waiting }) } });
  assert.deepEqual(await stateOf(clients.lambda, "kept"), ["Pending", "The function is being created.", "Creating", undefined, "Off"]);
  await assert.rejects(clients.lambda.invoke({ FunctionName: "kept", Qualifier: "1" }), { name: "ResourceConflictException" });

  const restart = async (): Promise<Lambda> => {
    product.process.kill("SIGKILL");
    await once(product.process, "exit");
    product = await spawnProduct(dataFolder, "--isolation", "none");
    return connect(product.endpoint).lambda;
  };
  const pending = await restart();
  assert.equal((await stateOf(pending, "kept"))[0], "Pending");
  isOpen.resolve();
  await active(pending, "kept");
  const again = await restart();
  assert.deepEqual(await stateOf(again, "kept"), ["Active", undefined, undefined, "Successful", "On"]);
  assert.equal(payloadOf(await again.invoke({ FunctionName: "kept", Qualifier: "1" })), "served");
});
