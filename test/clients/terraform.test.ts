/**
 * Terraform with its AWS provider, unmodified: apply, an empty plan, a change, an empty plan, destroy. It runs where Terraform finds
 * the provider without a network: in one of its own plugin folders, or in the one that PILOTLIGHT_TERRAFORM_PLUGINS names.
 */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { long } from "#test/long.ts";
import { zipOf } from "#test/packages.ts";
import { type Product, startProduct } from "#test/product.ts";
import { notInstalled, openTerraform, type Terraform } from "#test/terraform.ts";

async function writePackages({ folder }: Terraform): Promise<void> {
  await writeFile(join(folder, "hello.zip"), await zipOf({ "index.js": `exports.handler = async () => "one";` }));
  await writeFile(join(folder, "layer.zip"), await zipOf({ "nodejs/node_modules/colour/index.js": `module.exports = "blue";` }));
}

async function assertDestroyed({ folder }: Terraform): Promise<void> {
  assert.match(await readFile(join(folder, "terraform.tfstate"), "utf8"), /"resources": \[\]/);
}

const functions = await openTerraform("main.tf");

describe("Terraform", { skip: functions ? false : notInstalled }, () => {
  const terraform = functions!;
  let product: Product;

  before(async () => {
    product = await startProduct();
    await writePackages(terraform);
  });
  after(async () => {
    await product[Symbol.asyncDispose]();
    await terraform[Symbol.asyncDispose]();
  });

  test("applies, finds nothing more to do, changes, and destroys", { timeout: 280_000 }, async () => {
    const endpoint = ["-var", `endpoint=${product.endpoint}`];
    const change = [...endpoint, "-var", "timeout=7"];
    await terraform.run("apply", "-auto-approve", ...endpoint);
    await terraform.assertNothingToDo(...endpoint);
    const { Configuration } = await product.lambda.getFunction({ FunctionName: "tf-hello" });
    assert.equal(Configuration!.Timeout, 5);

    await terraform.run("apply", "-auto-approve", ...change);
    await terraform.assertNothingToDo(...change);
    assert.equal((await product.lambda.getFunction({ FunctionName: "tf-hello" })).Configuration!.Timeout, 7);

    await terraform.run("destroy", "-auto-approve", ...endpoint);
    await assert.rejects(product.lambda.getFunction({ FunctionName: "tf-hello" }), { name: "ResourceNotFoundException" });
    await assertDestroyed(terraform);
  });
});

// The provider looks at every queue for 25 seconds after each change, whatever it sees.
const queues = long ? await openTerraform("queues.tf") : undefined;

describe("Terraform with queues and topics", { skip: !long || (queues ? false : notInstalled) }, () => {
  const terraform = queues!;
  let product: Product;

  before(async () => {
    product = await startProduct();
    await writePackages(terraform);
  });
  after(async () => {
    await product[Symbol.asyncDispose]();
    await terraform[Symbol.asyncDispose]();
  });

  test("applies, finds nothing more to do, changes, and destroys", { timeout: 600_000 }, async () => {
    const endpoint = ["-var", `endpoint=${product.endpoint}`];
    const change = [...endpoint, "-var", "receives=4", "-var", 'colours=["green"]'];
    await terraform.run("apply", "-auto-approve", ...endpoint);
    await terraform.assertNothingToDo(...endpoint);

    await terraform.run("apply", "-auto-approve", ...change);
    await terraform.assertNothingToDo(...change);
    const { QueueUrl } = await product.sqs.getQueueUrl({ QueueName: "tf-orders" });
    const { Attributes } = await product.sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["RedrivePolicy"] });
    assert.match(Attributes!.RedrivePolicy!, /"maxReceiveCount":4/);

    await terraform.run("destroy", "-auto-approve", ...endpoint);
    assert.equal((await product.sqs.listQueues({})).QueueUrls, undefined);
    assert.deepEqual((await product.sns.listTopics({})).Topics, []);
    await assertDestroyed(terraform);
  });
});
