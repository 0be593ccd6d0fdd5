/** Functions with extensions, by the AWS SDK: layers with programs, and what is seen of them in logs and answers. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createFunction, eventually, payloadOf, tailOf } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { type Product, roleArn, startProduct } from "#test/product.ts";
import { playExtensions } from "../../examples/extensions/story.ts";

describe("extensions", () => {
  let product: Product;
  before(async () => {
    product = await startProduct();
  });
  after(() => product[Symbol.asyncDispose]());

  const layerOf = async (name: string, program: string, mode = 0o755): Promise<string> =>
    (
      await product.lambda.publishLayerVersion({
        LayerName: name,
        Content: { ZipFile: await zipOf({ [`extensions/${name}`]: program }, mode) },
      })
    ).LayerVersionArn!;

  test("of the example see invocations and the end, in three languages", async () => {
    const said = await playExtensions({ ...product, roleArn, pythonRuntime: "python3.11" });
    const [tally, ...others] = said.toSorted((a, b) => Number(b.startsWith("tally")) - Number(a.startsWith("tally")));
    assert.match(tally ?? "", /^tally: 2 invocations, the longest took [\d.]+ ms$/);
    assert.deepEqual(others.toSorted(), [
      "greeter: goodbye",
      "greeter: hello",
      "greeter: hello",
      "witness: watched-python ends: spindown",
      "witness: watched-python is invoked",
      "witness: watched-python is invoked",
    ]);
  });

  test("that crash fail the invocation in AWS's words, and the log says so", async () => {
    const layer = await layerOf("crasher", "#!/bin/sh\nexit 9\n");
    await createFunction(product.lambda, "crashing", "exports.handler = async () => 1;", { Layers: [layer], Timeout: 30 });
    const answer = await product.lambda.invoke({ FunctionName: "crashing", LogType: "Tail" });
    assert.equal(answer.FunctionError, "Unhandled");
    const { errorType, errorMessage } = payloadOf(answer) as Record<string, string>;
    assert.equal(errorType, "Extension.Crash");
    assert.match(errorMessage ?? "", /^RequestId: [0-9a-f-]{36} Error: exit status 9$/);
    assert.match(tailOf(answer), /EXTENSION\tName: crasher\tState: Started\tEvents: \[\]\n/);
    assert.match(tailOf(answer), /Status: error\tError Type: Extension\.Crash\n$/);
  });

  test("that may not be run are named", async () => {
    const layer = await layerOf("plain-file", "#!/bin/sh\n", 0o644);
    await createFunction(product.lambda, "unlaunchable", "exports.handler = async () => 1;", { Layers: [layer], Timeout: 30 });
    const { errorType, errorMessage } = payloadOf(await product.lambda.invoke({ FunctionName: "unlaunchable" })) as Record<string, string>;
    assert.equal(errorType, "Extension.LaunchError");
    assert.match(errorMessage ?? "", /Error: fork\/exec \/opt\/extensions\/plain-file: permission denied$/);
  });

  test("a layer with a wrapper script starts the runtime", async () => {
    const content = await zipOf({ wrapper: '#!/bin/sh\nexport GREETING=wrapped\nexec "$@"\n' }, 0o755);
    const { LayerVersionArn } = await product.lambda.publishLayerVersion({ LayerName: "wrapper", Content: { ZipFile: content } });
    await createFunction(product.lambda, "wrapped", "exports.handler = async () => process.env.GREETING;", {
      Layers: [LayerVersionArn!],
      Environment: { Variables: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/wrapper" } },
      Timeout: 30,
    });
    const answer = await eventually(
      () => product.lambda.invoke({ FunctionName: "wrapped" }),
      ({ FunctionError }) => FunctionError === undefined,
    );
    assert.equal(payloadOf(answer), "wrapped");
  });
});
