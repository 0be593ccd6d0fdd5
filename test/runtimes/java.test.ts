/** Java functions through the whole product, compiled here: handlers of every form, errors, logs, libraries of the function's own. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { CreateFunctionCommandInput, InvokeCommandOutput } from "@aws-sdk/client-lambda";
import { createFunction, eventually, payloadOf, tailOf } from "#test/functions.ts";
import { compileJava } from "#test/java.ts";
import { zipOf } from "#test/packages.ts";
import { type Product, startProduct } from "#test/product.ts";
import { type JavaTools, obtainJavaTools } from "./java-libraries.ts";

const tools = await obtainJavaTools();
const skip = typeof tools === "string" && tools;

describe("Java functions", { skip }, () => {
  let product: Product;
  let classes: Record<string, Buffer>;
  const { compiler, jars } = tools as JavaTools;
  const [, eventsJar, jodaJar, cracJar] = jars;

  before(async () => {
    [product, classes] = await Promise.all([startProduct(), compileJava(compiler, join(import.meta.dirname, "java"), jars)]);
  });
  after(() => product?.[Symbol.asyncDispose]());

  const create = async (name: string, handler: string, settings: Partial<CreateFunctionCommandInput> = {}): Promise<void> =>
    createFunction(product.lambda, name, "", {
      Runtime: "java17",
      Handler: handler,
      MemorySize: 512,
      Timeout: 30,
      Code: { ZipFile: await zipOf(classes) },
      ...settings,
    });
  const invoke = (name: string, event: unknown): Promise<InvokeCommandOutput> =>
    product.lambda.invoke({ FunctionName: name, Payload: JSON.stringify(event), LogType: "Tail" });

  test("RequestHandler: context, options, errors, logs", async () => {
    await create("answers", "demo.Answers", { Environment: { Variables: { JAVA_TOOL_OPTIONS: "-Dgreeting=hello" } } });
    const first = await invoke("answers", { wish: "context" });
    assert.deepEqual(payloadOf(first), {
      ...{ function: "answers", version: "$LATEST", hasTime: true, environment: "AWS_Lambda_java17", greeting: "hello", initialised: 1 },
      // Of 435 MB, less what the collector keeps for itself.
      heapMb: 421,
    });
    assert.doesNotMatch(tailOf(first), /initialising/, "static initialisers run in the Init phase");

    const failed = await invoke("answers", { wish: "fail" });
    const { stackTrace, ...error } = payloadOf(failed) as { stackTrace: string[] };
    assert.deepEqual(
      [failed.FunctionError, error],
      ["Unhandled", { errorMessage: "refused", errorType: "java.lang.IllegalArgumentException" }],
    );
    assert.match(stackTrace[0]!, /^demo\.Answers\.handleRequest\(Answers\.java:\d+\)$/);
    assert.match(
      tailOf(failed),
      /^refused: java\.lang\.IllegalArgumentException\njava\.lang\.IllegalArgumentException: refused\n\tat demo\./m,
    );

    assert.match(tailOf(await invoke("answers", { wish: "log" })), /^printed$/m);
    const { events = [] } = await eventually(
      () => product.logs.filterLogEvents({ logGroupName: "/aws/lambda/answers" }),
      (found) => found.events!.filter(({ message }) => message!.startsWith("REPORT")).length === 3,
    );
    const messages = events.map(({ message }) => message);
    assert.ok(messages.includes("initialising"));
    assert.ok(messages.includes("one\ntwo"), "what LambdaLogger is given is one event");
  });

  test("RequestStreamHandler, and logs as JSON", async () => {
    await create("upper", "demo.Upper::handleRequest");
    assert.deepEqual(payloadOf(await invoke("upper", { text: "grow" })), { TEXT: "GROW" });

    await create("json", "demo.Answers", { LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "INFO" } });
    const tail = tailOf(await invoke("json", { wish: "log" }));
    const records = tail
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
    const loud = records.find(({ message }) => message === "loud");
    assert.equal(loud.level, "WARN");
    assert.match(loud.AWSRequestId, /^[\da-f-]{36}$/);
    assert.ok(!records.some(({ message }) => message === "quiet"));
  });

  test("POJO events with AWS's event library and org.crac, from lib/ and from a layer", async () => {
    const layer = await product.lambda.publishLayerVersion({
      LayerName: "crac",
      Content: { ZipFile: await zipOf({ "java/lib/crac.jar": await readFile(cracJar!) }) },
    });
    const zip = await zipOf({ ...classes, "lib/events.jar": await readFile(eventsJar!), "lib/joda.jar": await readFile(jodaJar!) });
    await create("orders", "demo.Orders::summarise", { Runtime: "java21", Layers: [layer.LayerVersionArn!], Code: { ZipFile: zip } });
    const event = {
      Records: [
        { messageId: "1", body: "tea" },
        { messageId: "2", body: "milk" },
      ],
    };
    assert.deepEqual(payloadOf(await invoke("orders", event)), { count: 2, first: "tea", hooks: "called" });
  });

  test("what cannot be loaded is an error of the initialisation", async () => {
    await create("broken", "demo.Broken::handle");
    const broken = payloadOf(await invoke("broken", "x")) as Record<string, unknown>;
    assert.equal(broken["errorType"], "java.lang.ExceptionInInitializerError");
    await create("absent", "demo.Absent");
    assert.deepEqual(payloadOf(await invoke("absent", {})), {
      errorMessage: "Class not found: demo.Absent",
      errorType: "java.lang.ClassNotFoundException",
    });
  });
});

test("Java functions run as plain processes, too", { skip }, async () => {
  await using product = await startProduct({}, "--isolation", "none");
  const { compiler, jars } = tools as JavaTools;
  const code = { ZipFile: await zipOf(await compileJava(compiler, join(import.meta.dirname, "java"), jars)) };
  await createFunction(product.lambda, "upper", "", { Runtime: "java25", Handler: "demo.Upper", Code: code, MemorySize: 256, Timeout: 30 });
  const answer = await product.lambda.invoke({ FunctionName: "upper", Payload: '"plain"' });
  assert.equal(payloadOf(answer), "PLAIN");
});
