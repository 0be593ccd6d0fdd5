/** The examples in Go and Rust, built with AWS's own libraries, through the whole product. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { type Build, built, isBuilt, lacks, textOf } from "#test/built.ts";
import { createFunction, payloadOf, tailOf } from "#test/functions.ts";
import { long } from "#test/long.ts";
import { zipOf } from "#test/packages.ts";
import { type Product, startProduct } from "#test/product.ts";

const examples = resolve(import.meta.dirname, "../../examples");
const [goSource, rustSource] = [join(examples, "hello-go"), join(examples, "hello-rust")];

const goBuild: Build = {
  name: "hello-go",
  from: await textOf(goSource),
  command: ["go", "build", "-p", "1", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", "$OUT/bootstrap", "."],
  cwd: goSource,
  variables: { CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" },
};
const rustBuild: Build = {
  name: "hello-rust",
  from: await textOf(rustSource),
  command: [
    "sh",
    "-c",
    'cargo build --release --locked -j 1 --target-dir "$0/all" && mv "$0/all/release/bootstrap" "$0" && rm -r "$0/all"',
    "$OUT",
  ],
  cwd: rustSource,
};

describe("a function from the example", () => {
  let product: Product;
  before(async () => {
    product = await startProduct();
  });
  after(() => product[Symbol.asyncDispose]());

  /** Greets, and refuses to greet nobody. */
  async function check(name: string, program: Buffer, errorType: RegExp): Promise<void> {
    const code = { ZipFile: await zipOf({ bootstrap: program }, 0o100755) };
    await createFunction(product.lambda, name, "", { Runtime: "provided.al2023", Handler: "bootstrap", Code: code });
    const invoke = (event: unknown) => product.lambda.invoke({ FunctionName: name, Payload: JSON.stringify(event), LogType: "Tail" });
    const greeted = await invoke({ name: "Ada" });
    const requestId = /RequestId: ([\da-f-]{36})/.exec(tailOf(greeted))![1];
    assert.deepEqual(payloadOf(greeted), { greeting: "Hello, Ada!", requestId });
    assert.match(tailOf(greeted), /greeting Ada$/m);
    const refused = await invoke({ name: "" });
    const error = payloadOf(refused) as { errorType: string; errorMessage: string };
    assert.deepEqual([refused.FunctionError, error.errorMessage], ["Unhandled", "nobody to greet"]);
    assert.match(error.errorType, errorType);
    assert.deepEqual((payloadOf(await invoke({ name: "Bob" })) as { greeting: string }).greeting, "Hello, Bob!");
  }

  test("hello-go, with aws-lambda-go", async (t) => {
    const reason = await lacks("go", "version");
    if (reason !== undefined) return t.skip(reason);
    const folder = await builtOrSkip(t, goBuild, "the Go module proxy cannot be reached");
    if (folder !== undefined) await check("hello-go", await readFile(join(folder, "bootstrap")), /^errorString$/);
  });

  test("hello-rust, with lambda_runtime", async (t) => {
    const reason = await lacks("cargo", "--version");
    if (reason !== undefined) return t.skip(reason);
    if (!long && !(await isBuilt(rustBuild))) return t.skip("its first build takes minutes: npm run test:long");
    const folder = await builtOrSkip(t, rustBuild, "crates.io cannot be reached");
    if (folder !== undefined) await check("hello-rust", await readFile(join(folder, "bootstrap")), /error/i);
  });
});

/** A registry that cannot be reached is no fault of ours; everything else is. */
async function builtOrSkip(t: TestContext, build: Build, reason: string): Promise<string | undefined> {
  try {
    return await built(build);
  } catch (error) {
    if (
      !/dial tcp|lookup |Could not resolve|failed to (?:download|query|fetch)|network/i.test(String((error as { stderr?: string }).stderr))
    )
      throw error;
    t.skip(reason);
    return undefined;
  }
}
