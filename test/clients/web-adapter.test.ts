/** The AWS Lambda Web Adapter, as it is published: an extension that takes the place of the runtime, before a web server that knows nothing of Lambda. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { type Build, built, isBuilt, lacks } from "#test/built.ts";
import { createFunction, nodeRuntime } from "#test/functions.ts";
import { long } from "#test/long.ts";
import { zipOf } from "#test/packages.ts";
import { startProduct } from "#test/product.ts";
import { send } from "#test/raw-requests.ts";

const example = resolve(import.meta.dirname, "../../examples/interop/web-adapter");
const install = `cargo install lambda_web_adapter --version 1.0.0-rc1 -j 1 --root "$0" --target-dir "$0/all" && rm -r "$0/all"`;
const build: Build = { name: "web-adapter", from: "crates.io", command: ["sh", "-c", install, "$OUT"] };
/** As AWS's layer of the adapter has it. */
const wrapper = `#!/bin/bash\nexec -- "\${LAMBDA_TASK_ROOT}/\${_HANDLER}"\n`;

test("a web server behind the adapter serves URLs, whole answers and streams", async (t) => {
  if (!(await isBuilt(build))) {
    const lacking = await lacks("cargo", "--version");
    if (lacking !== undefined) return t.skip(lacking);
    if (!long) return t.skip("it takes minutes to compile: npm run test:long");
  }
  const folder = await built(build).catch((error: Error) => error);
  if (folder instanceof Error) return t.skip(`the adapter cannot be built here: ${folder.message.slice(0, 500)}`);

  await using product = await startProduct();
  const layer = await product.lambda.publishLayerVersion({
    LayerName: "web-adapter",
    Content: {
      ZipFile: await zipOf(
        { "extensions/lambda-adapter": await readFile(join(folder, "bin/lambda-adapter")), bootstrap: wrapper },
        0o100755,
      ),
    },
  });
  const files = await Promise.all(["run.sh", "server.mjs"].map(async (name) => [name, await readFile(join(example, name))] as const));
  const code = { ZipFile: await zipOf(Object.fromEntries(files), 0o100755) };

  for (const mode of ["BUFFERED", "RESPONSE_STREAM"] as const) {
    const name = `web-${mode.toLowerCase()}`;
    await createFunction(product.lambda, name, "", {
      Runtime: nodeRuntime,
      Handler: "run.sh",
      Code: code,
      Layers: [layer.LayerVersionArn!],
      MemorySize: 512,
      Timeout: 60,
      Environment: { Variables: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/bootstrap", AWS_LWA_INVOKE_MODE: mode.toLowerCase(), PORT: "8080" } },
    });
    const everybody = { FunctionName: name, Principal: "*" };
    await product.lambda.addPermission({ ...everybody, StatementId: "a", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" });
    await product.lambda.addPermission({ ...everybody, StatementId: "b", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true });
    const { FunctionUrl } = await product.lambda.createFunctionUrlConfig({ FunctionName: name, AuthType: "NONE", InvokeMode: mode });
    const { host } = new URL(FunctionUrl!);
    const ask = (method: string, target: string, body = "") => send(product.endpoint, { method, target, headers: { host }, body });

    const posted = await ask("POST", "/things?x=1&y=%20", "hello");
    assert.deepEqual(
      [posted.status, posted.headers["set-cookie"], JSON.parse(posted.text)],
      [200, ["one=1", "two=2"], { method: "POST", url: "/things?x=1&y=%20", text: "hello" }],
    );
    assert.equal((await ask("GET", "/broken")).status, 500);
    assert.equal((await ask("GET", "/again")).status, 200);
  }
});
