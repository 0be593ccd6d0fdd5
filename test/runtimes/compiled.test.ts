/** The examples in Go and Rust, an extension among them, built with AWS's own libraries, through the whole product. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { type Build, built, isBuilt, lacks, textOf } from "#test/built.ts";
import { createFunction, eventually, payloadOf, tailOf } from "#test/functions.ts";
import { long } from "#test/long.ts";
import { zipOf } from "#test/packages.ts";
import { type Product, startProduct } from "#test/product.ts";

const examples = resolve(import.meta.dirname, "../../examples");
const [goSource, rustSource] = [join(examples, "hello-go"), join(examples, "hello-rust")];
const censusSource = join(examples, "extensions/rust");

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
  command: cargoBuild("bootstrap"),
  cwd: rustSource,
};
const censusBuild: Build = {
  name: "census",
  from: await textOf(censusSource),
  command: cargoBuild("census"),
  cwd: censusSource,
};

/** Leaves nothing but the program. */
function cargoBuild(program: string): string[] {
  const steps = `cargo build --release --locked -j 1 --target-dir "$0/all" && mv "$0/all/release/${program}" "$0" && rm -r "$0/all"`;
  return ["sh", "-c", steps, "$OUT"];
}

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
    const folder = await builtByCargo(t, rustBuild);
    if (folder !== undefined) await check("hello-rust", await readFile(join(folder, "bootstrap")), /error/i);
  });

  test("census, an extension with lambda-extension, understands all that it is told, and is told the end once", async (t) => {
    const folder = await builtByCargo(t, censusBuild);
    if (folder === undefined) return;
    const { lambda, logs } = product;
    const content = await zipOf({ "extensions/census": await readFile(join(folder, "census")) }, 0o755);
    const { LayerVersionArn } = await lambda.publishLayerVersion({ LayerName: "census", Content: { ZipFile: content } });
    const source = "exports.handler = async ({ exits }) => { console.log('counted'); if (exits) process.exit(3); };";
    await createFunction(lambda, "counted", source, { Layers: [LayerVersionArn!], Timeout: 30 });
    for (const exits of [false, false, true]) {
      await lambda.invoke({ FunctionName: "counted", LogType: "Tail", Payload: JSON.stringify({ exits }) });
    }
    await lambda.deleteFunction({ FunctionName: "counted" });
    const said = await eventually(
      async () => {
        const { events = [] } = await logs.filterLogEvents({ logGroupName: "/aws/lambda/counted" });
        return events.map(({ message = "" }) => message.trim()).filter((message) => message.startsWith("census:"));
      },
      (lines) => lines.some((line) => line.startsWith("census: failure")),
    );
    const [farewell, ...others] = said.filter((line) => !line.startsWith("census: invoked"));
    assert.equal(said.length, 4);
    assert.deepEqual(others, []);
    assert.deepEqual(JSON.parse(farewell!.slice("census: failure ".length)), {
      function: 3,
      "platform.extension": 1,
      "platform.initReport": 1,
      "platform.initRuntimeDone": 1,
      "platform.initStart": 1,
      "platform.report": 3,
      "platform.runtimeDone": 3,
      "platform.start": 3,
      "platform.telemetrySubscription": 1,
    });
  });
});

async function builtByCargo(t: TestContext, build: Build): Promise<string | undefined> {
  const reason = await lacks("cargo", "--version");
  if (reason === undefined && (long || (await isBuilt(build)))) return builtOrSkip(t, build, "crates.io cannot be reached");
  t.skip(reason ?? "its first build takes minutes: npm run test:long");
  return undefined;
}

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
