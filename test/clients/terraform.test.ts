/**
 * Terraform with its AWS provider, unmodified: apply, an empty plan, a change, an empty plan, destroy. It runs where Terraform finds
 * the provider without a network: in one of its own plugin folders, or in the one that PILOTLIGHT_TERRAFORM_PLUGINS names.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { zipOf } from "#test/packages.ts";
import { type Product, startProduct } from "#test/product.ts";

const run = promisify(execFile);
const plugins = process.env.PILOTLIGHT_TERRAFORM_PLUGINS;
const source = resolve(import.meta.dirname, "terraform/main.tf");

async function initialise(folder: string): Promise<string | undefined> {
  try {
    await copyFile(source, join(folder, "main.tf"));
    await run("terraform", ["init", "-input=false", ...(plugins === undefined ? [] : [`-plugin-dir=${plugins}`])], {
      cwd: folder,
      timeout: 30_000,
    });
    return undefined;
  } catch {
    return "Terraform or its AWS provider is not installed here";
  }
}

const folder = await mkdtemp(join(tmpdir(), "pilotlight-terraform-"));
const skip = (await initialise(folder)) ?? false;

describe("Terraform", { skip }, () => {
  let product: Product;

  before(async () => {
    product = await startProduct();
    await writeFile(join(folder, "hello.zip"), await zipOf({ "index.js": `exports.handler = async () => "one";` }));
    await writeFile(join(folder, "layer.zip"), await zipOf({ "nodejs/node_modules/colour/index.js": `module.exports = "blue";` }));
  });
  after(async () => {
    await product[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const terraform = async (command: string, ...args: string[]): Promise<string> => {
    const variables = ["-var", `endpoint=${product.endpoint}`];
    const { stdout } = await run("terraform", [command, "-no-color", "-input=false", ...variables, ...args], {
      cwd: folder,
      maxBuffer: 1e8,
    });
    return stdout;
  };
  const assertNothingToDo = async (...args: string[]): Promise<void> => {
    // Exit code 2 would mean that there are changes.
    await terraform("plan", "-detailed-exitcode", ...args);
  };

  test("applies, finds nothing more to do, changes, and destroys", { timeout: 280_000 }, async () => {
    await terraform("apply", "-auto-approve");
    await assertNothingToDo();
    const { Configuration } = await product.lambda.getFunction({ FunctionName: "tf-hello" });
    assert.equal(Configuration!.Timeout, 5);

    await terraform("apply", "-auto-approve", "-var", "timeout=7");
    await assertNothingToDo("-var", "timeout=7");
    assert.equal((await product.lambda.getFunction({ FunctionName: "tf-hello" })).Configuration!.Timeout, 7);

    await terraform("destroy", "-auto-approve");
    await assert.rejects(product.lambda.getFunction({ FunctionName: "tf-hello" }), { name: "ResourceNotFoundException" });
    assert.match(await readFile(join(folder, "terraform.tfstate"), "utf8"), /"resources": \[\]/);
  });
});
