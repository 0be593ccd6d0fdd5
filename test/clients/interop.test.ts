/** Libraries that people write functions with, as they are published, in the examples of examples/interop: each runs unchanged. */
import assert from "node:assert/strict";
import { after, before, describe, test, type TestContext } from "node:test";
import type { CreateFunctionCommandInput, Runtime } from "@aws-sdk/client-lambda";
import { XRay } from "@aws-sdk/client-xray";
import { createFunction, eventually, nodeRuntime, payloadOf, tailOf } from "#test/functions.ts";
import { nodeLayer, pythonLayer, zipExample } from "#test/interop.ts";
import { type Product, startProduct } from "#test/product.ts";
import { type RawAnswer, send } from "#test/raw-requests.ts";

interface Language {
  layerArn: string;
  settings: Partial<CreateFunctionCommandInput>;
}

interface Asked {
  method?: string;
  target: string;
  headers?: Record<string, string>;
  body?: string;
}

describe("the library", () => {
  let product: Product;
  /** Rejects where the packages cannot be had. */
  let node: Promise<Language>;
  let python: Promise<Language>;
  before(async () => {
    product = await startProduct();
    node = nodeLayer().then((zip) => publish("node", zip, { Runtime: nodeRuntime, Handler: "index.handler" }));
    python = pythonLayer().then(({ zip, runtime }) => publish("python", zip, { Runtime: runtime as Runtime, Handler: "app.handler" }));
    await Promise.allSettled([node, python]);
  });
  after(() => product[Symbol.asyncDispose]());

  async function publish(name: string, ZipFile: Buffer, settings: Language["settings"]): Promise<Language> {
    const { LayerVersionArn } = await product.lambda.publishLayerVersion({ LayerName: name, Content: { ZipFile } });
    return { layerArn: LayerVersionArn!, settings };
  }

  /** Whether the function of an example is there; where its packages are not, the test says so and is skipped. */
  async function create(t: TestContext, name: string, language: Promise<Language>, settings: Language["settings"] = {}): Promise<boolean> {
    const found = await language.catch((error: Error) => {
      t.skip(`its packages cannot be installed here: ${error.message.slice(0, 500)}`);
      return undefined;
    });
    if (found === undefined) return false;
    const Code = { ZipFile: await zipExample(name) };
    await createFunction(product.lambda, name, "", {
      ...found.settings,
      Code,
      Layers: [found.layerArn],
      Timeout: 60,
      MemorySize: 512,
      ...settings,
    });
    return true;
  }

  /** Requests to the function's URL, which everybody may call. */
  async function open(name: string): Promise<(asked: Asked) => Promise<RawAnswer>> {
    const everybody = { FunctionName: name, Principal: "*" };
    await product.lambda.addPermission({ ...everybody, StatementId: "a", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" });
    await product.lambda.addPermission({ ...everybody, StatementId: "b", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true });
    const { FunctionUrl } = await product.lambda.createFunctionUrlConfig({ FunctionName: name, AuthType: "NONE" });
    const { host } = new URL(FunctionUrl!);
    return ({ method = "GET", target, headers = {}, body = "" }) =>
      send(product.endpoint, { method, target, headers: { host, ...headers }, body });
  }

  const asJson = { "content-type": "application/json" };
  const bodyOf = ({ text }: RawAnswer): unknown => JSON.parse(text);

  test("Powertools for AWS Lambda (TypeScript) logs, counts and traces", async (t) => {
    if (!(await create(t, "powertools-typescript", node, { TracingConfig: { Mode: "Active" } }))) return;
    const answer = await product.lambda.invoke({ FunctionName: "powertools-typescript", LogType: "Tail", Payload: '{"orderId":"o-1"}' });
    const { orderId, traceId } = payloadOf(answer) as { orderId: string; traceId: string };
    assert.equal(orderId, "o-1");
    const lines = linesOf(tailOf(answer));
    assert.partialDeepStrictEqual(
      lines.find(({ message }) => message === "order accepted"),
      {
        level: "INFO",
        orderId: "o-1",
        service: "orders",
        function_name: "powertools-typescript",
        cold_start: true,
        xray_trace_id: traceId,
      },
    );
    assert.partialDeepStrictEqual(
      lines.find(({ OrderAccepted }) => OrderAccepted !== undefined),
      { service: "orders", OrderAccepted: 1, _aws: { CloudWatchMetrics: [{ Namespace: "shop" }] } },
    );
    const handled = await invocationOf(traceId, "## index.handler");
    assert.deepEqual(handled.annotations, { ColdStart: true, Service: "orders", orderId: "o-1" });
  });

  test("aws-xray-sdk-core traces its own work and calls of the AWS SDK", async (t) => {
    if (!(await create(t, "xray-sdk", node, { TracingConfig: { Mode: "Active" } }))) return;
    const answer = await product.lambda.invoke({ FunctionName: "xray-sdk", LogType: "Tail", Payload: '{"asker":"ada"}' });
    assert.deepEqual(payloadOf(answer), { account: "000000000000" });
    const traceId = /XRAY TraceId: (\S+)/.exec(tailOf(answer))![1]!;
    const own = await invocationOf(traceId, "who am I");
    assert.deepEqual(own.annotations, { asker: "ada" });
    assert.partialDeepStrictEqual(own.subsegments, [{ name: "STS", namespace: "aws", aws: { operation: "GetCallerIdentity" } }]);
  });

  test("Powertools for AWS Lambda (Python) routes, logs and counts", async (t) => {
    if (!(await create(t, "powertools-python", python))) return;
    const ask = await open("powertools-python");
    const found = await ask({ target: "/orders/7", headers: { "user-agent": "me/1" } });
    assert.deepEqual([found.status, bodyOf(found)], [200, { id: "7", agent: "me/1" }]);
    const missing = await ask({ target: "/orders/0" });
    assert.deepEqual([missing.status, bodyOf(missing)], [404, { statusCode: 404, message: "there is no such order" }]);
    const { events } = await eventually(
      () => product.logs.filterLogEvents({ logGroupName: "/aws/lambda/powertools-python" }),
      (page) => page.events!.some(({ message }) => message!.includes("OrderSeen")),
    );
    const lines = linesOf(events!.map(({ message }) => message).join("\n"));
    assert.partialDeepStrictEqual(
      lines.find(({ message }) => message === "order seen"),
      { level: "INFO", order_id: "7", service: "orders", function_name: "powertools-python" },
    );
    assert.partialDeepStrictEqual(
      lines.find(({ OrderSeen }) => OrderSeen !== undefined),
      { service: "orders", OrderSeen: [1], _aws: { CloudWatchMetrics: [{ Namespace: "shop" }] } },
    );
  });

  test("Middy parses bodies and answers errors", async (t) => {
    if (!(await create(t, "middy", node))) return;
    const ask = await open("middy");
    const greeted = await ask({ method: "POST", target: "/", headers: asJson, body: '{"name":"Ada"}' });
    assert.deepEqual([greeted.status, bodyOf(greeted)], [200, { greeting: "Hello, Ada" }]);
    const refused = await ask({ method: "POST", target: "/", headers: asJson, body: "{}" });
    assert.deepEqual([refused.status, refused.text], [422, "whom shall I greet?"]);
    assert.equal((await ask({ method: "POST", target: "/", headers: asJson, body: "{" })).status, 422);
  });

  test("Express behind serverless-http serves a URL", async (t) => {
    if (!(await create(t, "express", node))) return;
    const ask = await open("express");
    const shown = await ask({ target: "/orders/7?a=1&b=x%20y", headers: { "user-agent": "me/1" } });
    assert.deepEqual([shown.status, bodyOf(shown)], [200, { id: "7", query: { a: "1", b: "x y" }, agent: "me/1" }]);
    assert.match(String(shown.headers["set-cookie"]), /^seen=7;/);
    const made = await ask({ method: "POST", target: "/orders", headers: asJson, body: '{"item":"chair"}' });
    assert.deepEqual([made.status, made.headers["location"], bodyOf(made)], [201, "/orders/7", { id: 7, item: "chair" }]);
    const picture = await ask({ target: "/picture" });
    assert.deepEqual([picture.headers["content-type"], picture.text], ["image/png", "\u0000\u0001\u0002\u007f"]);
    assert.equal((await ask({ target: "/nowhere" })).status, 404);
  });

  test("Fastify behind @fastify/aws-lambda serves a URL", async (t) => {
    if (!(await create(t, "fastify", node))) return;
    const ask = await open("fastify");
    const shown = await ask({ target: "/orders/7?a=1", headers: { "user-agent": "me/1" } });
    assert.deepEqual([shown.status, bodyOf(shown)], [200, { id: "7", query: { a: "1" }, agent: "me/1" }]);
    const made = await ask({ method: "POST", target: "/orders", headers: asJson, body: '{"item":"chair"}' });
    assert.deepEqual([made.status, made.headers["location"], bodyOf(made)], [201, "/orders/7", { id: 7, item: "chair" }]);
    assert.equal((await ask({ method: "POST", target: "/orders", headers: asJson, body: "{}" })).status, 400);
  });

  test("Hono's adapter serves a URL", async (t) => {
    if (!(await create(t, "hono", node))) return;
    const ask = await open("hono");
    const shown = await ask({ target: "/orders/7?a=1" });
    const { requestId, ...rest } = bodyOf(shown) as { requestId: string };
    assert.deepEqual([shown.status, rest], [200, { id: "7", query: { a: "1" } }]);
    assert.match(requestId, /^[0-9a-f-]{36}$/);
    assert.match(String(shown.headers["set-cookie"]), /^seen=7/);
    const made = await ask({ method: "POST", target: "/orders", headers: asJson, body: '{"item":"chair"}' });
    assert.deepEqual([made.status, made.headers["location"], bodyOf(made)], [201, "/orders/7", { id: 7, item: "chair" }]);
  });

  test("FastAPI behind Mangum serves a URL", async (t) => {
    if (!(await create(t, "fastapi", python))) return;
    const ask = await open("fastapi");
    const shown = await ask({ target: "/orders/7?verbose=true" });
    assert.deepEqual([shown.status, bodyOf(shown)], [200, { id: 7, verbose: true }]);
    assert.match(String(shown.headers["set-cookie"]), /^seen=7;/);
    const made = await ask({ method: "POST", target: "/orders", headers: asJson, body: '{"item":"chair"}' });
    assert.deepEqual([made.status, bodyOf(made)], [201, { id: 7, item: "chair", count: 1 }]);
    assert.equal((await ask({ target: "/orders/x" })).status, 422);
  });

  interface Subsegment {
    name: string;
    annotations?: Record<string, unknown>;
    subsegments?: Subsegment[];
  }

  /** The subsegment of that name beneath the function's own Invocation. */
  async function invocationOf(traceId: string, name: string): Promise<Subsegment> {
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const xray = new XRay({ endpoint: product.endpoint, region: "us-east-1", credentials });
    try {
      return (await eventually(
        async () => {
          const { Traces } = await xray.batchGetTraces({ TraceIds: [traceId] });
          const documents = (Traces![0]?.Segments ?? []).map(({ Document }) => JSON.parse(Document!) as Subsegment);
          const invocation = documents.flatMap(({ subsegments }) => subsegments ?? []).find((each) => each.name === "Invocation");
          return invocation?.subsegments?.find((each) => each.name === name);
        },
        (found) => found !== undefined,
      ))!;
    } finally {
      xray.destroy();
    }
  }
});

/** Those lines of a log that are JSON. */
function linesOf(log: string): Array<Record<string, unknown>> {
  const lines = log.split("\n").filter((line) => line.includes("{"));
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line.slice(line.indexOf("{"))) as Record<string, unknown>];
    } catch {
      return [];
    }
  });
}
