import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { RubyInterpreters } from "#sandbox/runtimes/ruby-interpreters.ts";
import { RuntimeProcess } from "./runtime-process.ts";

const bootstrap = join(import.meta.dirname, "../../runtimes/ruby/bootstrap.rb");
const version = spawnSync("ruby", ["--version"], { encoding: "utf8" }).stdout ?? "";
const skip = /^ruby (?:3\.[1-9]|[4-9])/.test(version) ? false : "there is no ruby of version 3.1 or later on the PATH";

const start = (files: Record<string, string>, variables: Record<string, string> = {}) =>
  RuntimeProcess.start(["ruby", "-W0", bootstrap], files, { _HANDLER: "app.handler", PATH: process.env["PATH"], ...variables });

/** Loads app.rb, invokes its handler once and returns the answer. */
async function run(code: string, variables = {}, payload = "{}", header = {}) {
  await using runtime = await start({ "app.rb": code }, variables);
  assert.equal((await runtime.initialised()).kind, "ready");
  return runtime.invoke(payload, header);
}

const handlerOf = (body: string): string => `def handler(event:, context:)\n  ${body}\nend\n`;

describe(`ruby runtime on ${version.trim()}`, { concurrency: true, skip }, () => {
  test("is found by its version", async () => {
    const wanted = /^ruby (\d+\.\d+)/.exec(version)![1]!;
    const found = await new RubyInterpreters(process.env["PATH"] ?? "", []).find(wanted);
    assert.equal(found.version, wanted);
    assert.match(found.program, /^\/.*ruby/);
  });

  test("finds methods at the top, in classes and in folders", async () => {
    const cases: Array<[handler: string, file: string, code: string]> = [
      ["app.handler", "app.rb", handlerOf("'found'")],
      ["src/api/app.handler", "src/api/app.rb", handlerOf("'found'")],
      ["app.Deep::Handler.process", "app.rb", "module Deep; class Handler; def self.process(event:, context:) = 'found'; end; end"],
    ];
    for (const [handler, file, code] of cases) {
      await using runtime = await start({ [file]: code }, { _HANDLER: handler });
      assert.equal((await runtime.initialised()).kind, "ready");
      assert.equal((await runtime.invoke("{}")).body, '"found"', handler);
    }
  });

  test("reports what is wrong with the code", async () => {
    const cases: Array<[type: string, message: RegExp, handler: string, code: string]> = [
      ["Init<LoadError>", /^cannot load such file -- nowhere$/, "nowhere.handler", ""],
      ["Init<ArgumentError>", /^Invalid handler \["app"\], must be of form FILENAME\.METHOD or/, "app", ""],
      ["Init<SyntaxError>", /app\.rb:1: syntax error/, "app.handler", "def handler("],
      ["Init<ZeroDivisionError>", /^divided by 0$/, "app.handler", "1 / 0"],
      ["Init<SystemExit>", /^exit$/, "app.handler", "exit 3"],
    ];
    for (const [type, message, handler, code] of cases) {
      await using runtime = await start({ "app.rb": code }, { _HANDLER: handler });
      const { kind, body, logs } = await runtime.initialised();
      const error = JSON.parse(body);
      assert.deepEqual([kind, error.errorType, Object.keys(error)], ["initError", type, ["errorMessage", "errorType", "stackTrace"]]);
      assert.match(error.errorMessage, message);
      assert.equal(logs[0]?.text, `Init error when loading handler ${handler}`);
      assert.equal(await runtime.exitCode, 1);
    }
  });

  test("answers with JSON; with what can be read as it is", async () => {
    assert.equal((await run(handlerOf("event.merge('ok' => true)"), {}, '{"name":"Grüße"}')).body, '{"name":"Grüße","ok":true}');
    assert.equal((await run(handlerOf("nil"))).body, "null");
    assert.equal((await run(handlerOf("StringIO.new('raw')"))).body, "raw");
  });

  test("an error is answered, and the runtime goes on", async () => {
    await using runtime = await start({ "app.rb": handlerOf("event['fail'] ? raise(ArgumentError, 'no') : 'fine'") });
    await runtime.initialised();
    const failed = await runtime.invoke('{"fail":1}');
    const { stackTrace, ...error } = JSON.parse(failed.body);
    assert.deepEqual([failed.kind, error], ["error", { errorMessage: "no", errorType: "Function<ArgumentError>" }]);
    assert.equal(stackTrace.length, 1);
    assert.match(stackTrace[0], /app\.rb:2:in [`'](?:Object#)?handler'$/);
    assert.equal(failed.logs[0]?.text, "Error raised from handler method");
    assert.deepEqual(JSON.parse(failed.logs[1]!.text), { ...error, stackTrace });
    assert.equal((await runtime.invoke("{}")).body, '"fine"');
  });

  test("after an error that AWS calls critical the runtime ends", async () => {
    for (const [code, type] of [
      ["", "Function<NoMethodError>"],
      [handlerOf("Nowhere"), "Function<NameError>"],
      [handlerOf("exit 3"), "Function<SystemExit>"],
      [handlerOf("handler(event: event, context: context)"), "Function<SystemStackError>"],
    ] as const) {
      await using runtime = await start({ "app.rb": code });
      await runtime.initialised();
      const failed = await runtime.invoke("{}");
      assert.deepEqual([failed.kind, JSON.parse(failed.body).errorType], ["lastError", type]);
      assert.equal(failed.logs[0]?.text, "Critical exception from handler");
      assert.equal(await runtime.exitCode, 255);
    }
  });

  test("the context tells about the invocation", async () => {
    const members =
      "aws_request_id invoked_function_arn function_name function_version memory_limit_in_mb log_group_name identity client_context";
    const header = {
      requestId: "id-7",
      clientContext: '{"custom":{"a":1}}',
      cognitoIdentity: '{"cognitoIdentityId":"c"}',
      traceId: "Root=1-2",
    };
    const code = handlerOf(
      `%w[${members}].map { |name| context.send(name) } + [context.get_remaining_time_in_millis.positive?, ENV["_X_AMZN_TRACE_ID"]]`,
    );
    assert.deepEqual(JSON.parse((await run(code, {}, "{}", header)).body), [
      ...["id-7", "arn", "greeter", "$LATEST", "128", "/aws/lambda/greeter"],
      ...[{ cognitoIdentityId: "c" }, { custom: { a: 1 } }, true, "Root=1-2"],
    ]);
  });

  test("logs: one event per puts and per record, with the request's id", async () => {
    const { logs } = await run(handlerOf(`puts "one\\ntwo", [3]; Logger.new($stdout).info("three\\nfour"); $stdout.puts "plain"; nil`));
    assert.equal(logs[0]?.text, "one\ntwo\n3");
    assert.match(logs[1]!.text, /^I, \[\d{4}-\d\d-\d\dT[\d:.]{15} #\d+\]  INFO id-1 -- : three\nfour$/);
    assert.equal(logs.length, 2);
  });

  test("logs as JSON, from the chosen level on", async () => {
    const code = handlerOf(`log = Logger.new($stdout, progname: "shop"); log.info("quiet"); log.warn("loud"); raise "no"`);
    const { logs } = await run(code, { AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: "WARN" });
    const [loud, error] = logs.map(({ text }) => JSON.parse(text));
    assert.match(loud.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.deepEqual({ ...loud, timestamp: "" }, { timestamp: "", level: "WARN", message: "loud", requestId: "id-1", logger: "shop" });
    assert.deepEqual([error.errorType, error.errorMessage, error.requestId, logs.length], ["Function<RuntimeError>", "no", "id-1", 2]);
  });

  test("an answer that is too large is an error of the function", async () => {
    const { kind, body } = await run(handlerOf("'x' * (7 * 1024 * 1024)"));
    assert.deepEqual([kind, JSON.parse(body).errorType], ["error", "Function.ResponseSizeTooLarge"]);
  });

  test("threads and processes that go on are company, what has ended is none", async () => {
    for (const [body, hasCompany] of [
      ["`true`; Thread.new {}.join; nil", false],
      ["Thread.new { sleep }; nil", true],
      ["Process.spawn('sleep', '5', in: :close, out: File::NULL, err: File::NULL)", true],
    ] as const) {
      await using runtime = await start({ "app.rb": handlerOf(body) });
      await runtime.initialised();
      await runtime.invoke("{}");
      await runtime.invoke('{"so that what was said after the first answer has come":1}');
      assert.equal(runtime.hasCompany, hasCompany, body);
    }
  });

  test("what the function starts does not inherit the socket", async () => {
    assert.equal((await run(handlerOf("`ls -l /proc/self/fd | grep -c socket`.to_i"))).body, "0");
  });
});
