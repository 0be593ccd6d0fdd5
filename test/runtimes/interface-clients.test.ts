/** AWS's own runtime interface clients, as they are published, against our Runtime API. Java's runs in java.test.ts, those of Go and Rust in compiled.test.ts. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { type Build, built, isBuilt } from "#test/built.ts";
import { createFunction, payloadOf, tailOf } from "#test/functions.ts";
import { long } from "#test/long.ts";
import { zipOf } from "#test/packages.ts";
import { type Product, startProduct } from "#test/product.ts";

const run = promisify(execFile);

async function installed(t: TestContext, build: Build, name: string): Promise<string | undefined> {
  return built(build).catch((error: Error) => {
    t.skip(`${name} cannot be installed here: ${error.message.slice(0, 500)}`);
    return undefined;
  });
}

describe("AWS's runtime interface client", () => {
  let product: Product;
  before(async () => {
    // Isolated functions would not see the interpreters and packages that lie about on this machine.
    product = await startProduct({}, "--isolation", "none");
  });
  after(() => product[Symbol.asyncDispose]());

  const create = async (name: string, handler: string, files: Record<string, string>): Promise<void> =>
    createFunction(product.lambda, name, "", {
      Runtime: "provided.al2023",
      Handler: handler,
      Code: { ZipFile: await zipOf(files, 0o100755) },
      Timeout: 20,
    });
  const invoke = (name: string, event: unknown) =>
    product.lambda.invoke({
      FunctionName: name,
      Payload: JSON.stringify(event),
      LogType: "Tail",
      ClientContext: btoa('{"custom":{"a":1}}'),
    });

  /** `name` answers, fails and answers again; `broken` cannot be loaded. */
  async function check(name: string, broken: string, errorType: string): Promise<void> {
    const first = await invoke(name, { n: 1 });
    const requestId = /RequestId: ([\da-f-]{36})/.exec(tailOf(first))![1];
    assert.deepEqual(payloadOf(first), { n: 1, requestId, custom: { a: 1 }, hasTime: true });
    const failed = await invoke(name, { fail: true });
    const error = payloadOf(failed) as Record<string, unknown>;
    assert.deepEqual([failed.FunctionError, error["errorType"], error["errorMessage"]], ["Unhandled", errorType, "no"]);
    assert.equal((payloadOf(await invoke(name, { n: 2 })) as { n: number }).n, 2);
    const unloaded = payloadOf(await invoke(broken, {})) as { errorType: string };
    assert.equal(unloaded.errorType, "Runtime.ImportModuleError");
  }

  test("for Python: awslambdaric", async (t) => {
    const python = await run("python3", ["-c", "import sys; print(sys.executable, '%d.%d' % sys.version_info[:2])"]).then(
      ({ stdout }) => stdout.trim().split(" "),
      () => undefined,
    );
    if (python === undefined) return t.skip("there is no python3 here");
    const [program, version] = python as [string, string];
    const command = [program, "-m", "pip", "install", "--quiet", "--target", "$OUT", "--only-binary=:all:", "awslambdaric==4.2.2"];
    const packages = await installed(t, { name: "python-client", from: version, command }, "awslambdaric");
    if (packages === undefined) return;
    const bootstrap = `#!/bin/sh\nexport PYTHONPATH=${packages}:$LAMBDA_TASK_ROOT\nexec ${program} -m awslambdaric "$_HANDLER"\n`;
    const source = `
def handler(event, context):
    if "fail" in event:
        raise ValueError("no")
    has_time = 0 < context.get_remaining_time_in_millis() <= 20000
    return {**event, "requestId": context.aws_request_id, "custom": context.client_context.custom, "hasTime": has_time}
`;
    await create("python", "app.handler", { bootstrap, "app.py": source });
    await create("python-broken", "nowhere.handler", { bootstrap });
    await check("python", "python-broken", "ValueError");
  });

  test("for Node.js: aws-lambda-ric", async (t) => {
    const command = ["npm", "install", "--prefix", "$OUT", "--no-save", "--no-audit", "--no-fund", "aws-lambda-ric@4.0.2"];
    const build = { name: "node-client", from: process.version, command };
    if (!long && !(await isBuilt(build))) return t.skip("it compiles a client of its own, which takes minutes: npm run test:long");
    const packages = await installed(t, build, "aws-lambda-ric");
    if (packages === undefined) return;
    const client = join(packages, "node_modules/aws-lambda-ric/index.mjs");
    const bootstrap = `#!/bin/sh\nexec ${process.execPath} ${client} "$_HANDLER"\n`;
    const source = `
      exports.handler = async (event, context) => {
        if (event.fail) throw new RangeError("no");
        const left = context.getRemainingTimeInMillis();
        return { ...event, requestId: context.awsRequestId, custom: context.clientContext.custom, hasTime: left > 0 && left <= 20000 };
      };
      exports.stream = awslambda.streamifyResponse(async (event, output) => {
        output.setContentType("text/plain");
        for (const word of event.words) output.write(word);
        output.end();
      });`;
    await create("node", "index.handler", { bootstrap, "index.js": source });
    await create("node-broken", "nowhere.handler", { bootstrap });
    await check("node", "node-broken", "RangeError");

    await create("node-stream", "index.stream", { bootstrap, "index.js": source });
    const { EventStream } = await product.lambda.invokeWithResponseStream({
      FunctionName: "node-stream",
      Payload: JSON.stringify({ words: ["one ", "two"] }),
    });
    let text = "";
    for await (const event of EventStream!) text += Buffer.from(event.PayloadChunk?.Payload ?? []).toString();
    assert.equal(text, "one two");
  });
});
