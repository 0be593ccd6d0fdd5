/** AWS's own runtime interface clients, as they are published, against our Runtime API. Java's runs in java.test.ts, those of Go and Rust in compiled.test.ts. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createFunction, payloadOf, tailOf } from "#test/functions.ts";
import { nodeClient, orReason, pythonClient } from "#test/interface-clients.ts";
import { zipOf } from "#test/packages.ts";
import { type Product, startProduct } from "#test/product.ts";

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
    const client = await orReason(pythonClient());
    if (typeof client === "string") return t.skip(client);
    const { program, packages } = client;
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
    const client = await orReason(nodeClient().then((path) => ({ path })));
    if (typeof client === "string") return t.skip(client);
    const bootstrap = `#!/bin/sh\nexec ${process.execPath} ${client.path} "$_HANDLER"\n`;
    const source = `
      exports.handler = async (event, context) => {
        if (event.fail) throw new RangeError("no");
        const left = context.getRemainingTimeInMillis();
        return { ...event, requestId: context.awsRequestId, custom: context.clientContext.custom, hasTime: left > 0 && left <= 20000 };
      };
      exports.stream = awslambda.streamifyResponse(async (event, output) => {
        output.setContentType("text/plain");
        for (const word of event.words) output.write(word);
        if (event.fail) throw new Error("no");
        output.end();
      });`;
    await create("node", "index.handler", { bootstrap, "index.js": source });
    await create("node-broken", "nowhere.handler", { bootstrap });
    await check("node", "node-broken", "RangeError");

    await create("node-stream", "index.stream", { bootstrap, "index.js": source });
    const stream = async (event: unknown): Promise<[text: string, errorDetails: string | undefined]> => {
      const { EventStream } = await product.lambda.invokeWithResponseStream({
        FunctionName: "node-stream",
        Payload: JSON.stringify(event),
      });
      let text = "";
      let details: string | undefined;
      for await (const { PayloadChunk, InvokeComplete } of EventStream!) {
        text += Buffer.from(PayloadChunk?.Payload ?? []).toString();
        details = InvokeComplete?.ErrorDetails;
      }
      return [text, details];
    };
    assert.deepEqual(await stream({ words: ["one ", "two"] }), ["one two", undefined]);
    const [text, details] = await stream({ words: ["one"], fail: true });
    assert.equal(text, "one");
    assert.match(details!, /"errorMessage":"no"/);
    // By the same process, which asks for the next invocation before the last of the broken stream has left it.
    const again = await product.lambda.invoke({ FunctionName: "node-stream", Payload: '{"words":["three"]}', LogType: "Tail" });
    assert.equal(Buffer.from(again.Payload!).toString(), "three");
    assert.doesNotMatch(tailOf(again), /Init Duration/);
  });
});
