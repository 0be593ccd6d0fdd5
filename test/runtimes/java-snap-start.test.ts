/** SnapStart by AWS's own interface client for Java, which runs the hooks of CRaC around the snapshot. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { waitUntilPublishedVersionActive } from "@aws-sdk/client-lambda";
import { createFunction, payloadOf, tailOf } from "#test/functions.ts";
import { compileJava } from "#test/java.ts";
import { zipOf } from "#test/packages.ts";
import { type Product, startProduct } from "#test/product.ts";
import { type JavaTools, obtainJavaTools } from "./java-libraries.ts";

const tools = await obtainJavaTools();
const skip = typeof tools === "string" && tools;

describe("Java functions with SnapStart", { skip }, () => {
  const { compiler, jars } = tools as JavaTools;
  let product: Product;
  let classes: Record<string, Buffer>;

  before(async () => {
    classes = await compileJava(compiler, join(import.meta.dirname, "java"), jars);
    product = await startProduct();
  });
  after(() => product?.[Symbol.asyncDispose]());

  async function publish(name: string, Variables: Record<string, string> = {}): Promise<void> {
    await createFunction(product.lambda, name, "", {
      Runtime: "java17",
      Handler: "demo.Snapped::handle",
      MemorySize: 512,
      Timeout: 30,
      SnapStart: { ApplyOn: "PublishedVersions" },
      Environment: { Variables },
      Code: { ZipFile: await zipOf({ ...classes, "lib/crac.jar": await readFile(jars[3]!) }) },
    });
    await product.lambda.publishVersion({ FunctionName: name });
    await waitUntilPublishedVersionActive(
      { client: product.lambda, maxWaitTime: 120, minDelay: 0.1, maxDelay: 0.5 },
      { FunctionName: name, Qualifier: "1" },
    );
  }

  test("run their hooks; what fails before the snapshot fails the version, and after it the invocation", async () => {
    await publish("snapped");
    const first = await product.lambda.invoke({ FunctionName: "snapped", Qualifier: "1", LogType: "Tail" });
    assert.deepEqual(payloadOf(first), { events: ["init", "before", "after"], type: "snap-start" });
    assert.match(tailOf(first), /\tRestore Duration: [\d.]+ ms\tBilled Restore Duration: \d+ ms\t/);

    await assert.rejects(publish("before", { FAILS_BEFORE: "1" }), /Failed/);
    await publish("after", { FAILS_AFTER: "1" });
    await assert.rejects(product.lambda.invoke({ FunctionName: "after", Qualifier: "1" }), { name: "SnapStartException" });
  });
});
