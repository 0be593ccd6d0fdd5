import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { installed, RuntimeProcess } from "./runtime-process.ts";

const bootstrap = join(import.meta.dirname, "../../runtimes/python/bootstrap.py");
const names = [9, 10, 11, 12, 13, 14].map((minor) => `python3.${minor}`);

for (const { program, version } of installed(names, process.env["PATH"] ?? "")) {
  const start = (files: Record<string, string>, variables: Record<string, string> = {}) =>
    RuntimeProcess.start([program, bootstrap], files, {
      _HANDLER: "index.handler",
      PYTHONDONTWRITEBYTECODE: "1",
      ...variables,
    });
  /** Loads a module, invokes its handler once and returns the answer. */
  const run = async (code: string, variables = {}, payload = "{}", header = {}) => {
    await using runtime = await start({ "index.py": code }, variables);
    assert.equal((await runtime.initialised()).kind, "ready");
    return runtime.invoke(payload, header);
  };
  const handlerOf = (...lines: string[]) => ["def handler(event, context):", ...lines.map((line) => `    ${line}`), ""].join("\n");

  describe(`python runtime on ${version}`, { concurrency: true }, () => {
    describe("finds the handler", { concurrency: true }, () => {
      for (const [handler, file] of [
        ["index.handler", "index.py"],
        ["src/api/app.handler", "src/api/app.py"],
        ["src.api.app.handler", "src/api/app.py"],
        ["package.handler", "package/__init__.py"],
        ["server.handler", "server.py"],
      ] as const) {
        test(handler, async () => {
          await using runtime = await start({ [file]: handlerOf("return 'found'") }, { _HANDLER: handler });
          assert.equal((await runtime.initialised()).kind, "ready");
          assert.equal((await runtime.invoke("{}")).body, '"found"');
        });
      }

      test("the task root comes first, the runtime's folder is hidden", async () => {
        const code = `import sys\n${handlerOf("return [sys.path[0], any('runtimes/python' in path for path in sys.path)]")}`;
        await using runtime = await start({ "index.py": code }, { EXPECTED: "$TASK_ROOT" });
        await runtime.initialised();
        const [first, isVisible] = JSON.parse((await runtime.invoke("{}")).body);
        assert.match(first, /runtime-/);
        assert.equal(isVisible, false);
      });
    });

    test("finds the hooks of SnapStart, or the function's own module of that name", async () => {
      const hooks = [
        "import snapshot_restore_py as hooks",
        "@hooks.register_before_snapshot",
        "def first(): pass",
        "hooks.register_before_snapshot(print, 'second', end='')",
        "hooks.register_after_restore(first)",
      ].join("\n");
      const told = handlerOf(
        "names = lambda found: [hook[0].__name__ for hook in found]",
        "return [names(hooks.get_before_snapshot()), names(hooks.get_after_restore())]",
      );
      assert.equal((await run(`${hooks}\n${told}`)).body, '[["first", "print"], ["first"]]');
      await using runtime = await start({
        "snapshot_restore_py.py": "owner = 'mine'",
        "index.py": `import snapshot_restore_py\n${handlerOf("return snapshot_restore_py.owner")}`,
      });
      await runtime.initialised();
      assert.equal((await runtime.invoke("{}")).body, '"mine"');
    });

    describe("reports what is wrong with the code", { concurrency: true }, () => {
      const cases: Array<[type: string, message: RegExp, handler: string, code: string]> = [
        ["Runtime.ImportModuleError", /^Unable to import module 'nowhere': No module named 'nowhere'$/, "nowhere.handler", ""],
        ["Runtime.ImportModuleError", /^Unable to import module 'index': No module named 'absent'$/, "index.handler", "import absent"],
        ["Runtime.HandlerNotFound", /^Handler 'handler' missing on module 'index'$/, "index.handler", ""],
        ["Runtime.UserCodeSyntaxError", /^Syntax error in module 'index': /, "index.handler", "def handler(:"],
        ["Runtime.MalformedHandlerName", /^Bad handler 'index': not enough values to unpack \(expected 2, got 1\)$/, "index", ""],
        ["Runtime.BuiltInModuleConflict", /^Cannot use built-in module sys as a handler module$/, "sys.exit", ""],
        ["ZeroDivisionError", /^division by zero$/, "index.handler", "1 / 0"],
      ];
      for (const [type, message, handler, code] of cases) {
        test(`${type} ${message.source}`, async () => {
          await using runtime = await start({ "index.py": code }, { _HANDLER: handler });
          const { kind, body, logs } = await runtime.initialised();
          const error = JSON.parse(body);
          assert.deepEqual([kind, error.errorType, error.requestId], ["initError", type, ""]);
          assert.match(error.errorMessage, message);
          assert.equal(await runtime.exitCode, 1);
          assert.match(logs[0]!.text, /^\[WARNING\]\t[\d:.T-]+Z\t\tLAMBDA_WARNING: Unhandled exception\. /);
          assert.ok(logs[1]!.text.startsWith(`[ERROR] ${type}: ${error.errorMessage}\nTraceback (most recent call last):`));
        });
      }
    });

    describe("answers", { concurrency: true }, () => {
      const cases: Array<[name: string, code: string, expected: string]> = [
        ["an object", handlerOf("return {**event, 'ok': True}"), '{"name": "x", "ok": true}'],
        ["null for None", handlerOf("pass"), "null"],
        [
          "named tuples as objects, keys of bytes as text",
          `import collections\nPair = collections.namedtuple('Pair', 'left right')\n${handlerOf("return {b'pair': [Pair(1, Pair(2, None)), (3,)]}")}`,
          '{"pair": [{"left": 1, "right": {"left": 2, "right": null}}, [3]]}',
        ],
        ["bytes as they are", handlerOf("return b'raw'"), "raw"],
        [
          "decimals as numbers",
          `from decimal import Decimal\n${handlerOf("return [Decimal('1.10'), Decimal('NaN'), b'text', 1.5]")}`,
          '[1.10, NaN, "text", 1.5]',
        ],
      ];
      for (const [name, code, expected] of cases) {
        test(name, async () => {
          const { kind, body } = await run(code, {}, '{"name":"x"}');
          assert.deepEqual([kind, body], ["response", expected]);
        });
      }

      test("letters as they are since 3.12", async () => {
        const { body } = await run(handlerOf("return event"), {}, '"é"');
        assert.equal(body, Number(/3\.(\d+)/.exec(version)?.[1]) < 12 ? '"\\u00e9"' : '"é"');
      });

      test("many times, keeping its state", async () => {
        await using runtime = await start({ "index.py": `seen = []\n${handlerOf("seen.append(1)", "return len(seen)")}` });
        await runtime.initialised();
        for (let count = 1; count <= 10; count++) assert.equal((await runtime.invoke("{}")).body, `${count}`);
      });

      test("when it is told to linger, which it does anyway", async () => {
        await using runtime = await start({ "index.py": handlerOf("return event") });
        await runtime.initialised();
        runtime.linger();
        for (const text of ["1", '"a"']) assert.equal((await runtime.invoke(text)).body, text);
      });

      test("megabytes, and refuses more than AWS does", async () => {
        const code = handlerOf("return event['text'] * event['times']");
        const text = "x".repeat(5.9 * 1024 * 1024);
        assert.equal((await run(code, {}, JSON.stringify({ text, times: 1 }))).body.length, text.length + 2);
        const refused = await run(code, {}, JSON.stringify({ text, times: 2 }));
        assert.equal(JSON.parse(refused.body).errorType, "Function.ResponseSizeTooLarge");
      });
    });

    test("reports what the handler raises, and logs its trace", async () => {
      const { kind, body, logs } = await run(handlerOf("raise ValueError('boom')"));
      const { stackTrace, ...error } = JSON.parse(body);
      assert.equal(kind, "error");
      assert.deepEqual(Object.entries(error), [
        ["errorMessage", "boom"],
        ["errorType", "ValueError"],
        ["requestId", "id-1"],
      ]);
      assert.equal(stackTrace.length, 1);
      assert.match(stackTrace[0], /^  File ".*\/index\.py", line 2, in handler\n    raise ValueError\('boom'\)\n/);
      assert.equal(logs[0]!.level, 5);
      assert.match(
        logs[0]!.text,
        /^\[ERROR\] ValueError: boom\nTraceback \(most recent call last\):\n\u00a0\u00a0File ".*index\.py", line 2, in handler\n\u00a0{4}raise/,
      );
    });

    test("reports an answer that has no JSON", async () => {
      const { errorType, errorMessage } = JSON.parse((await run(handlerOf("return object()"))).body);
      assert.equal(errorType, "Runtime.MarshalError");
      assert.equal(errorMessage, "Unable to marshal response: Object of type object is not JSON serializable");
    });

    test("exits when the handler does", async () => {
      await using runtime = await start({ "index.py": `import sys\n${handlerOf("print('bye')", "sys.exit(3)")}` });
      await runtime.initialised();
      assert.equal((await runtime.invoke("{}")).kind, "exit");
      assert.equal(await runtime.exitCode, 3);
      assert.equal(await runtime.stdout, "bye\n");
    });

    test("gives the handler its context", async () => {
      const code = `import os\n${handlerOf(
        "members = {name: value for name, value in vars(context).items() if name[0] != '_'}",
        "members['client_context'] = [context.client_context.custom, context.client_context.client.app_title, context.client_context.env]",
        "members['identity'] = context.identity.cognito_identity_id",
        "members['left'] = context.get_remaining_time_in_millis() > 1e9",
        "members['trace'] = os.environ['_X_AMZN_TRACE_ID']",
        "return members",
      )}`;
      const header = {
        clientContext: '{"custom":{"a":1},"client":{"app_title":"t"}}',
        cognitoIdentity: '{"cognitoIdentityId":"me"}',
        tenantId: "blue",
      };
      assert.deepEqual(JSON.parse((await run(code, {}, "{}", header)).body), {
        function_name: "greeter",
        function_version: "$LATEST",
        memory_limit_in_mb: "128",
        log_group_name: "/aws/lambda/greeter",
        log_stream_name: "2026/01/15/[$LATEST]0",
        invoked_function_arn: "arn",
        aws_request_id: "id-1",
        client_context: [{ a: 1 }, "t", null],
        identity: "me",
        tenant_id: "blue",
        trace: "Root=1",
        left: true,
      });
      const bare = handlerOf("return [context.client_context, context.identity.cognito_identity_id, context.tenant_id]");
      assert.deepEqual(JSON.parse((await run(bare)).body), [null, null, null]);
    });

    describe("says whether something goes on while it waits", { concurrency: true }, () => {
      for (const [what, hasCompany, ...lines] of [
        ["nothing", false, "return 1"],
        ["a thread that has ended", false, "import threading; one = threading.Thread(target=print); one.start(); one.join()"],
        ["a thread", true, "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"],
        ["a process that has ended", false, "import subprocess; subprocess.run(['true'])"],
        ["a process", true, "import subprocess; subprocess.Popen(['sleep', '60'])"],
      ] as const) {
        test(what, async () => {
          await using runtime = await start({ "index.py": handlerOf(...lines) });
          await runtime.initialised();
          for (let invocation = 0; invocation < 2; invocation++) await runtime.invoke("{}");
          assert.equal(runtime.hasCompany, hasCompany);
        });
      }
    });

    describe("logs", { concurrency: true }, () => {
      test("records of logging, one event each", async () => {
        const code = `import logging\nlogging.getLogger().setLevel('INFO')\n${handlerOf(
          "logging.info('two\\nlines')",
          "logging.debug('hidden')",
          "logging.getLogger('deep.er').warning('w %s', 1)",
          "context.log('plain')",
        )}`;
        const { logs } = await run(code);
        assert.deepEqual(
          logs.map(({ level, text }) => [level, text.replace(/\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z/, "TIME")]),
          [
            [3, "[INFO]\tTIME\tid-1\ttwo\nlines"],
            [4, "[WARNING]\tTIME\tid-1\tw 1"],
            [0, "plain"],
          ],
        );
        assert.ok(Math.abs(logs[0]!.timeMs - new Date().getTime()) < 60_000);
      });

      test("JSON: objects, errors, extra members and levels", async () => {
        const code = `import logging\n${handlerOf(
          "logging.debug('hidden')",
          "logging.info({'a': 1}, extra={'colour': 'red'})",
          "try: 1 / 0",
          "except ZeroDivisionError: logging.exception('failed')",
        )}`;
        const { logs } = await run(code, { AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: "INFO" });
        const [{ timestamp, ...info }, error] = logs.map(({ text }) => JSON.parse(text));
        assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        assert.deepEqual(info, { level: "INFO", message: { a: 1 }, logger: "root", requestId: "id-1", colour: "red" });
        assert.deepEqual([error.errorType, error.errorMessage, error.message], ["ZeroDivisionError", "division by zero", "failed"]);
        assert.match(error.location, /index\.py:handler:\d+$/);
        assert.match(error.stackTrace[0], /1 \/ 0/);
      });

      test("JSON: what the handler raises", async () => {
        const { logs } = await run(handlerOf("raise KeyError('k')"), { AWS_LAMBDA_LOG_FORMAT: "JSON" });
        const { level, errorType, requestId } = JSON.parse(logs[0]!.text);
        assert.deepEqual([level, errorType, requestId], ["ERROR", "KeyError", "id-1"]);
      });

      test("print goes to standard output before the answer", async () => {
        await using runtime = await start({ "index.py": handlerOf("print('a', 'b')", "print('c', end='')") });
        await runtime.initialised();
        await runtime.invoke("{}");
        await runtime[Symbol.asyncDispose]();
        assert.equal(await runtime.stdout, "a b\nc");
      });
    });
  });
}
