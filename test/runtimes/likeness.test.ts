/** Our runtimes beside AWS's own runtime interface clients: the same code, the same events, and every answer and log line compared. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { CreateFunctionCommandInput, LoggingConfig, Runtime } from "@aws-sdk/client-lambda";
import { createFunction, tailOf } from "#test/functions.ts";
import { nodeClient, orReason, pythonClient } from "#test/interface-clients.ts";
import { zipOf } from "#test/packages.ts";
import { type Product, startProduct } from "#test/product.ts";

interface Pair {
  runtime: Runtime;
  /** Of AWS's client. */
  bootstrap: string;
  file: string;
}

/** One function does all of it: the event says which. */
const pythonSource = `
import collections, datetime, decimal, enum, json, logging, math, sys, threading

Pair = collections.namedtuple("Pair", "left right")
Colour = enum.Enum("Colour", "RED")
Number = enum.IntEnum("Number", "ONE")
class Unwell(Exception): pass
circle = []
circle.append(circle)
deep = []
for _ in range(100_000): deep = [deep]
log = logging.getLogger()

def recur(): return recur() + 1
def chained():
    try: {}["k"]
    except KeyError as error: raise RuntimeError("two\\nlines") from error
def raising(error): raise error
def logged():
    for level in (5, 10, 15, 20, 25, 30, 40, 50): log.log(level, "at %d", level, extra={"order": level, "more": {"k": [1]}})
    logging.getLogger("deep.er").warning({"a": "dict"})
    log.error("several\\nlines, \u00e9")
    try: 1 / 0
    except ZeroDivisionError: log.exception("caught")
    log.info("", stack_info=False)
def context_of(context):
    members = {name: str(value) for name, value in vars(context).items() if name in ("memory_limit_in_mb", "function_version", "client_context")}
    return [members, context.identity.cognito_identity_id, context.tenant_id, context.w3c(), sorted(n for n in dir(context) if n[0] != "_")]

cases = {
    "named tuples": lambda c: {"p": Pair(1, [Pair("\u00e9", None)])},
    "decimals": lambda c: [decimal.Decimal("1.10"), decimal.Decimal("NaN"), decimal.Decimal("1E+5"), {"d": decimal.Decimal(2)}],
    "a key of decimals": lambda c: {decimal.Decimal("1.1"): 1},
    "a key of bytes": lambda c: {b"a": 1, "b": (1, 2)},
    "a key that is a tuple": lambda c: {(1, 2): 3},
    "other keys": lambda c: {None: 1, True: 2, 1.5: 3, 7: 4},
    "bytes": lambda c: {"a": b"xyz"},
    "bytes that are no text": lambda c: {"a": b"\\xff"},
    "bytes alone": lambda c: b"raw \\x01",
    "a set": lambda c: {1, 2},
    "a time": lambda c: {"at": datetime.datetime(2020, 1, 1)},
    "an enum": lambda c: Colour.RED,
    "an enum of numbers": lambda c: [Number.ONE, {Number.ONE: 1}],
    "numbers": lambda c: [math.nan, math.inf, -math.inf, 2**70, 1e100, 0.1, -0.0, 1e-7],
    "letters": lambda c: "\\u2028\\x7f\\x00\u00e9\\U0001F600</script>",
    "a circle": lambda c: circle,
    "a coroutine's like": lambda c: (x for x in [1]),
    "nothing": lambda c: None,
    "context": context_of,
    "raises": lambda c: raising(Unwell("Z\u00fcrich")),
    "raises nothing much": lambda c: raising(ValueError),
    "raises because of another": lambda c: chained(),
    "logs": lambda c: logged(),
    "UTC": lambda c: logging.Formatter("%(asctime)s", "%H").format(logging.makeLogRecord({"created": 0})),
}

def handler(event, context):
    return cases[event](context)
`;

const nodeSource = `
class Unwell extends Error {}
const circle = {};
circle.self = circle;
const raising = (error, members) => { throw Object.assign(error, members); };
function logged() {
  for (const name of ["log", "info", "debug", "trace", "warn", "error", "fatal"]) console[name](name, { a: { b: { c: { d: 1 } } } }, "two\\nlines");
  console.log(); console.log("%s is %d and %j", "a", 5, { x: 1 }, "more"); console.log(null, undefined, 1n, Symbol("s")); console.table([{ a: 1 }]);
  console.log({ a: 1, level: "mine" }); console.log([1]); console.log(1n); console.log(circle); console.log(new Map([[1, 2]])); console.group("g"); console.assert(false, "x");
}
const cases = {
  nothing: () => undefined,
  numbers: () => [NaN, Infinity, -0, undefined, () => 1, Symbol("x")],
  objects: () => [new Date(0), new Map([[1, 2]]), new Set([1]), /x/, Buffer.from("x"), new Uint8Array(2), new Error("e")],
  letters: () => "\\ud800 \\u2028 \\x7f \\u0000 \u00e9",
  "the runtime's own": (context) => Object.keys(context),
  "this": function () { return this === undefined; },
  error: () => raising(new Unwell("Z\u00fcrich")),
  "error with members": () => raising(new TypeError("x"), { code: "E_X", extra: { a: 1 } }),
  "error with a circle": () => raising(new Error("x"), { circle }),
  "error with a bigint": () => raising(new Error("x"), { big: 1n }),
  "error with a cause": () => { throw new Error("outer", { cause: new Error("inner") }); },
  "error of a number": () => raising(new Error("x"), { name: 5 }),
  "no error": () => { throw "text"; },
  "null": () => { throw null; },
  "control characters": () => { throw new Error("a\\x7fb\\u0000c"); },
  logs: () => logged(),
};
exports.handler = async (event, context) => cases[event](context);
`;

const namesIn = (source: string): string[] =>
  [...source.matchAll(/^ +"?([\w ']+)"?: (?:lambda|context_of|\(|function)/gm)].map(([, name]) => name!);

describe("our runtimes answer and log as AWS's clients do", () => {
  let product: Product;
  before(async () => {
    // Isolated functions would not see the interpreters and packages that lie about on this machine.
    product = await startProduct({}, "--isolation", "none");
  });
  after(() => product[Symbol.asyncDispose]());

  const create = async (name: string, files: Record<string, string>, settings: Partial<CreateFunctionCommandInput>): Promise<void> =>
    createFunction(product.lambda, name, "", { Handler: "app.handler", Code: { ZipFile: await zipOf(files, 0o100755) }, ...settings });

  /** What a function answered and logged, less what differs from one invocation to the next. */
  async function heard(name: string, event: string): Promise<{ payload: string; log: string[] }> {
    const answer = await product.lambda.invoke({
      FunctionName: name,
      Payload: JSON.stringify(event),
      LogType: "Tail",
      ClientContext: clientContext,
    });
    const log = tidy(tailOf(answer)).split(/[\r\n]+/);
    return { payload: tidy(Buffer.from(answer.Payload!).toString()), log: log.filter((line) => !isPlatforms.test(line)) };
  }

  async function compare(format: LoggingConfig["LogFormat"], { runtime, bootstrap, file }: Pair, source: string): Promise<void> {
    const level = format === "JSON" ? { ApplicationLogLevel: "TRACE" as const } : {};
    const settings = { LoggingConfig: { LogFormat: format, ...level }, MemorySize: 256 };
    const [ours, theirs] = [`ours-${format}-${file.split(".")[1]}`, `theirs-${format}-${file.split(".")[1]}`];
    await create(ours, { [file]: source }, { ...settings, Runtime: runtime });
    await create(theirs, { [file]: source, bootstrap }, { ...settings, Runtime: "provided.al2023" });
    const names = namesIn(source);
    assert.ok(names.length > 10);
    for (const name of names) assert.deepEqual(await heard(ours, name), await heard(theirs, name), name);
  }

  for (const format of ["Text", "JSON"] as const) {
    test(`Python, ${format}`, async (t) => {
      const client = await orReason(pythonClient());
      if (typeof client === "string") return t.skip(client);
      const { program, version, packages } = client;
      const start = `import sys; sys.path[0] = '$LAMBDA_TASK_ROOT'; from awslambdaric.__main__ import main; main(['', '$_HANDLER'])`;
      const variables = `AWS_EXECUTION_ENV=AWS_Lambda_python${version} PYTHONPATH=${packages}`;
      const bootstrap = `#!/bin/sh\n${variables} exec ${program} -c "${start}"\n`;
      await compare(format, { runtime: `python${version}` as Runtime, bootstrap, file: "app.py" }, pythonSource);
    });

    test(`Node.js, ${format}`, async (t) => {
      const client = await orReason(nodeClient().then((path) => ({ path })));
      if (typeof client === "string") return t.skip(client);
      const bootstrap = `#!/bin/sh\nAWS_EXECUTION_ENV=AWS_Lambda_nodejs26.x exec ${process.execPath} ${client.path} "$_HANDLER"\n`;
      await compare(format, { runtime: "nodejs26.x", bootstrap, file: "app.js" }, nodeSource);
    });
  }
});

const clientContext = btoa(
  JSON.stringify({ custom: { a: 1 }, env: null, client: { app_title: "t" }, w3c: { traceparent: "00-1-2-01", other: 1 } }),
);

/** Lines that the platform writes, and those that are empty. */
const isPlatforms = /^(?:START|END|REPORT|INIT_START) |^\{"time":|^$/;

const tidy = (text: string): string =>
  text
    .replaceAll(/[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/g, "ID")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, "TIME")
    // Frames of the runtimes themselves, in JSON and out of it.
    .replaceAll(/(?:\\n|",")? {4}at [^"\\\n]*(?:aws-lambda-ric|runtimes\/nodejs|node:internal)[^"\\\n]*/g, "")
    .replaceAll("\u00a0", " ");
