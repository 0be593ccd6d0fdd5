import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { installed, RuntimeProcess } from "./runtime-process.ts";

const bootstrap = join(import.meta.dirname, "../../runtimes/nodejs/bootstrap.mjs");
const searchPath = [dirname(process.execPath), process.env["PATH"] ?? ""].join(":");

for (const { program, version } of installed(["node"], searchPath)) {
  const start = (files: Record<string, string>, variables: Record<string, string> = {}) =>
    RuntimeProcess.start([program, bootstrap], files, {
      _HANDLER: "index.handler",
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      ...variables,
    });
  const legacy = { AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" };
  /** Loads `code`, invokes it once and returns the answer. */
  const run = async (code: string, variables = {}, payload = "{}", header = {}) => {
    await using runtime = await start({ "index.js": code }, variables);
    assert.equal((await runtime.initialised()).kind, "ready");
    return runtime.invoke(payload, header);
  };
  const initError = async (files: Record<string, string>, handler: string, variables = {}) => {
    await using runtime = await start(files, { _HANDLER: handler, ...variables });
    const answer = await runtime.initialised();
    assert.equal(answer.kind, "initError");
    assert.equal(await runtime.exitCode, 1);
    return { ...answer, payload: JSON.parse(answer.body) };
  };

  describe(`nodejs runtime on ${version}`, { concurrency: true }, () => {
    describe("finds the handler", { concurrency: true }, () => {
      const cases: Array<[name: string, handler: string, files: Record<string, string>]> = [
        ["CommonJS", "index.handler", { "index.js": "exports.handler = async () => 'found'" }],
        ["a folder", "src/api/app.handler", { "src/api/app.js": "exports.handler = async () => 'found'" }],
        ["a file beside a folder of its name", "app.handler", { "app.js": "exports.handler = async () => 'found'", "app/index.js": "" }],
        ["the index of a folder", "app.handler", { "app/index.js": "exports.handler = async () => 'found'" }],
        ["a nested export", "index.api.get.run", { "index.js": "exports.api = { get: { run: async () => 'found' } }" }],
        ["a module", "index.handler", { "index.mjs": "export const handler = async () => 'found'" }],
        [".cjs", "index.handler", { "index.cjs": "module.exports = { handler: async () => 'found' }" }],
        [
          "type: module and await at the top level",
          "index.handler",
          {
            "package.json": '{"type":"module"}',
            "index.js": "const word = await Promise.resolve('found'); export const handler = async () => word",
          },
        ],
        [
          "TypeScript compiled to CommonJS",
          "index.handler",
          { "index.js": "Object.defineProperty(exports, '__esModule', { value: true }); exports.handler = async () => 'found'" },
        ],
        ["a default export", "index.handler", { "index.mjs": "export default { handler: async () => 'found' }" }],
        [
          "exports that are computed",
          "index.handler",
          { "index.js": "module['exports'] = Object.fromEntries([['handler', async () => 'found']])" },
        ],
        ["a package", "pack.handler", { "node_modules/pack/index.js": "exports.handler = async () => 'found'" }],
      ];
      for (const [name, handler, files] of cases) {
        test(name, async () => {
          await using runtime = await start(files, { _HANDLER: handler });
          assert.equal((await runtime.initialised()).kind, "ready");
          assert.equal((await runtime.invoke("{}")).body, '"found"');
        });
      }

      test("imports packages of NODE_PATH in modules too", async () => {
        await using runtime = await start(
          {
            "index.mjs": "import { word } from 'layer-pack'; export const handler = async () => word",
            "opt/node_modules/layer-pack/package.json": '{"exports":{"import":"./index.mjs"}}',
            "opt/node_modules/layer-pack/index.mjs": "export const word = 'found'",
          },
          { NODE_PATH: "$TASK_ROOT/nowhere/node_modules:$TASK_ROOT/opt/node_modules" },
        );
        assert.equal((await runtime.initialised()).kind, "ready");
        assert.equal((await runtime.invoke("{}")).body, '"found"');
      });
    });

    describe("reports what is wrong with the code", { concurrency: true }, () => {
      const cases: Array<[type: string, message: RegExp, handler: string, code: string]> = [
        ["Runtime.ImportModuleError", /^Error: Cannot find module 'nowhere'\nRequire stack:/, "nowhere.handler", ""],
        ["Runtime.ImportModuleError", /^Error: Cannot find module 'absent'/, "index.handler", "require('absent')"],
        ["Runtime.HandlerNotFound", /^index.handler is undefined or not exported$/, "index.handler", ""],
        ["Runtime.HandlerNotFound", /^index.handler is not a function$/, "index.handler", "exports.handler = 1"],
        ["Runtime.UserCodeSyntaxError", /^SyntaxError: /, "index.handler", "exports.handler = = 1"],
        ["Runtime.MalformedHandlerName", /^Bad handler$/, "index", ""],
        ["Runtime.MalformedHandlerName", /^'..\/index.handler' is not a valid handler name/, "../index.handler", ""],
        ["Runtime.CallbackHandlerDeprecated", /removed support for callback/, "index.handler", "exports.handler = (a, b, c) => {}"],
        ["ReferenceError", /^boom is not defined$/, "index.handler", "boom()"],
      ];
      for (const [type, message, handler, code] of cases) {
        test(`${type} ${message.source}`, async () => {
          const { payload } = await initError({ "index.js": code }, handler);
          assert.equal(payload.errorType, type);
          assert.match(payload.errorMessage, message);
          assert.deepEqual(Object.keys(payload), ["errorType", "errorMessage", "trace"]);
        });
      }

      test("and logs it", async () => {
        const { logs } = await initError({ "index.js": "" }, "index.handler");
        assert.match(logs[0]!.text, /^\d{4}-\d\d-\d\dT[\d:.]+Z\t-\tERROR\tInit Error \t\{"errorType":"Runtime.HandlerNotFound",/);
        const older = await initError({ "index.js": "" }, "index.handler", legacy);
        assert.match(older.logs[0]!.text, /\tundefined\tERROR\tUncaught Exception \t\{"errorType":"Runtime.HandlerNotFound",/);
      });
    });

    describe("answers", { concurrency: true }, () => {
      const cases: Array<[name: string, code: string, expected: string]> = [
        ["an object", "exports.handler = async (event) => ({ ...event, ok: true })", '{"name":"Ünï","ok":true}'],
        ["a plain return value", "exports.handler = () => 5", "5"],
        ["null for undefined", "exports.handler = async () => {}", "null"],
        ["after a timer", "exports.handler = () => new Promise((r) => setTimeout(r, 5, 'late'))", '"late"'],
      ];
      for (const [name, code, expected] of cases) {
        test(name, async () => {
          const answer = await run(code, {}, '{"name":"Ünï"}');
          assert.deepEqual([answer.kind, answer.body], ["response", expected]);
        });
      }

      test("many times, keeping its state", async () => {
        await using runtime = await start({ "index.js": "let count = 0; exports.handler = async () => ++count" });
        await runtime.initialised();
        for (let count = 1; count <= 20; count++) assert.equal((await runtime.invoke("{}")).body, `${count}`);
      });

      test("megabytes, and refuses more than AWS does", async () => {
        const code = "exports.handler = async ({ text, times }) => text.repeat(times)";
        const text = "é".repeat(2.9 * 1024 * 1024);
        assert.equal((await run(code, {}, JSON.stringify({ text, times: 1 }))).body, JSON.stringify(text));
        const refused = await run(code, {}, JSON.stringify({ text, times: 2 }));
        assert.equal(JSON.parse(refused.body).errorType, "Function.ResponseSizeTooLarge");
      });
    });

    describe("reports what the handler throws", { concurrency: true }, () => {
      const cases: Array<[thrown: string, type: string, message: string]> = [
        ["new TypeError('boom')", "TypeError", "boom"],
        ["'text'", "string", "text"],
        ["null", "object", "null"],
        ["Object.assign(new Error('m'), { name: 'Custom' })", "Custom", "m"],
        ["Object.assign(new Error('m'), { circle: globalThis })", "Error", "m"],
      ];
      for (const [thrown, errorType, errorMessage] of cases) {
        test(thrown, async () => {
          const { kind, body } = await run(`exports.handler = async () => { throw ${thrown}; }`);
          const { trace, ...error } = JSON.parse(body);
          assert.equal(kind, "error");
          assert.deepEqual(error, { errorType, errorMessage });
          assert.ok(Array.isArray(trace));
        });
      }

      test("with its trace and a line in the log", async () => {
        const { body, logs } = await run("exports.handler = async () => { throw new RangeError('boom'); }");
        const { trace } = JSON.parse(body);
        assert.equal(trace[0], "RangeError: boom");
        assert.match(trace[1], /index\.js:1/);
        const { text, level } = logs[0]!;
        assert.equal(level, 5);
        assert.match(text, /Z\tid-1\tERROR\tInvoke Error \t\{"errorType":"RangeError","errorMessage":"boom","stack":\["RangeError: boom",/);
      });

      test("and a result that has no JSON", async () => {
        const { body } = await run("exports.handler = async () => 1n");
        const { errorType, errorMessage } = JSON.parse(body);
        assert.deepEqual([errorType, errorMessage], ["Runtime.JSONStringifyError", "Unable to stringify response body"]);
      });

      for (const [name, code, errorType, exitCode] of [
        ["a rejection nobody handles", "Promise.reject(new Error('boom'))", "Runtime.UnhandledPromiseRejection", 128],
        ["an exception nobody catches", "setTimeout(() => { throw new TypeError('boom') })", "TypeError", 129],
      ] as const) {
        test(`${name}, and exits`, async () => {
          await using runtime = await start({ "index.js": `exports.handler = () => { ${code}; return new Promise(() => {}) }` });
          await runtime.initialised();
          const { kind, body } = await runtime.invoke("{}");
          assert.deepEqual([kind, JSON.parse(body).errorType], ["lastError", errorType]);
          assert.equal(await runtime.exitCode, exitCode);
        });
      }

      test("exits when nothing will ever settle the answer", async () => {
        await using runtime = await start({ "index.js": "exports.handler = () => new Promise(() => {})" });
        await runtime.initialised();
        assert.equal((await runtime.invoke("{}")).kind, "exit");
        assert.equal(await runtime.exitCode, 0);
      });
    });

    test("gives the handler its context", async () => {
      const code = `exports.handler = async (event, context) =>
        ({ ...context, left: context.getRemainingTimeInMillis() > 1e9, trace: process.env._X_AMZN_TRACE_ID })`;
      const header = { clientContext: '{"custom":{"a":1}}', cognitoIdentity: '{"cognitoIdentityId":"me"}', tenantId: "blue" };
      assert.deepEqual(JSON.parse((await run(code, {}, "{}", header)).body), {
        functionName: "greeter",
        functionVersion: "$LATEST",
        memoryLimitInMB: "128",
        logGroupName: "/aws/lambda/greeter",
        logStreamName: "2026/01/15/[$LATEST]0",
        invokedFunctionArn: "arn",
        awsRequestId: "id-1",
        clientContext: { custom: { a: 1 } },
        identity: { cognitoIdentityId: "me" },
        tenantId: "blue",
        xRayTraceId: "Root=1",
        trace: "Root=1",
        left: true,
      });
    });

    describe("says whether something goes on while it waits", { concurrency: true }, () => {
      for (const [what, hasCompany, code] of [
        ["timers, which stand still", false, "setInterval(() => {}, 1);"],
        ["a worker", true, "new (require('node:worker_threads').Worker)('setInterval(() => {}, 1)', { eval: true });"],
        ["a process", true, "require('node:child_process').spawn('sleep', ['60'], { stdio: 'ignore' });"],
        ["a process that has ended", false, "require('node:child_process').spawnSync('true');"],
      ] as const) {
        test(what, async () => {
          await using runtime = await start({ "index.js": `exports.handler = async () => { ${code} };` });
          await runtime.initialised();
          await runtime.invoke("{}");
          assert.equal(runtime.hasCompany, hasCompany);
        });
      }
    });

    describe("logs", { concurrency: true }, () => {
      test("text: one event per call", async () => {
        const { logs } = await run(`exports.handler = async () => {
          console.log('a %d\\nb', 1, { c: 2 }); console.warn('w'); console.debug('d'); }`);
        assert.deepEqual(
          logs.map(({ level, text }) => [level, text.slice(25)]),
          [
            [3, "id-1\tINFO\ta 1\nb { c: 2 }"],
            [4, "id-1\tWARN\tw"],
            [2, "id-1\tDEBUG\td"],
          ],
        );
        assert.equal(new Date(logs[0]!.timeMs).toISOString(), logs[0]!.text.slice(0, 24));
      });

      test("JSON: objects, errors and levels", async () => {
        const code = `exports.handler = async () => {
          console.debug('hidden'); console.info({ a: 1 }); console.error('failed', new TypeError('boom')); console.warn(new Error('alone'));
          const circle = {}; circle.circle = circle; console.log(circle); }`;
        const { logs } = await run(code, { AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: "INFO" });
        const [info, error, warn, circle] = logs.map(({ text }) => JSON.parse(text));
        assert.deepEqual(Object.keys(info), ["timestamp", "level", "requestId", "message"]);
        assert.deepEqual([info.level, info.requestId, info.message], ["INFO", "id-1", { a: 1 }]);
        assert.deepEqual([error.errorType, error.errorMessage, error.stackTrace[0]], ["TypeError", "boom", "TypeError: boom"]);
        assert.match(error.message, /^failed TypeError: boom/);
        assert.equal(warn.message.errorMessage, "alone");
        assert.match(circle.message, /Circular/);
      });

      test("splits what is too large for one event, between characters", async () => {
        const { logs } = await run("exports.handler = async () => console.log('x' + 'é'.repeat(300000))");
        assert.ok(logs.length > 1 && logs.every(({ text }) => Buffer.byteLength(text) <= 256 * 1024));
        assert.ok(
          logs
            .map(({ text }) => text)
            .join("")
            .endsWith(`\tx${"é".repeat(300000)}`),
        );
      });

      test("leaves standard output as it is", async () => {
        await using runtime = await start({ "index.js": "exports.handler = async () => { process.stdout.write('raw') }" });
        await runtime.initialised();
        await runtime.invoke("{}");
        await runtime[Symbol.asyncDispose]();
        assert.equal(await runtime.stdout, "raw");
      });
    });

    describe("callbacks, up to nodejs22.x", { concurrency: true }, () => {
      const wait = "setTimeout(() => { late = 'done' }, 20)";
      const cases: Array<[name: string, body: string, kind: string, expected: string]> = [
        ["callback", "callback(null, 1)", "response", "1"],
        ["waits for the event loop", `${wait}; callback(null, { get late() { return late } })`, "response", '{"late":"done"}'],
        [
          "or does not, if told so",
          `${wait}; context.callbackWaitsForEmptyEventLoop = false; callback(null, { get late() { return late } })`,
          "response",
          "{}",
        ],
        ["the first call counts", "callback(null, 1); callback(null, 2)", "response", "1"],
        ["context.succeed", "context.succeed('s')", "response", '"s"'],
        ["context.done", "context.done(null, 'd')", "response", '"d"'],
        ["context.fail", "context.fail(new Error('f'))", "error", "f"],
        ["callback with an error", "callback(new Error('c'))", "error", "c"],
        ["a throw", "throw new Error('t')", "error", "t"],
        ["a promise", "return Promise.resolve('p')", "response", '"p"'],
        ["ignores a plain return value", `${wait}; return 'ignored'`, "response", "null"],
        ["a promise that nothing settles", "return new Promise(() => {})", "response", "null"],
      ];
      for (const [name, body, kind, expected] of cases) {
        test(name, async () => {
          await using runtime = await start(
            { "index.js": `let late; exports.handler = (event, context, callback) => { ${body} }` },
            legacy,
          );
          await runtime.initialised();
          for (const requestId of ["id-1", "id-2"]) {
            const answer = await runtime.invoke("{}", { requestId });
            assert.equal(answer.kind, kind);
            assert.equal(kind === "error" ? JSON.parse(answer.body).errorMessage : answer.body, expected);
            if (name.startsWith("or does not")) break;
          }
        });
      }
    });

    test("goes on between invocations when it is told to linger, handlers of both generations", async () => {
      const source = `let turns = 0; setInterval(() => turns++, 1); exports.handler = async (event) => [event, turns];`;
      for (const variables of [{}, legacy]) {
        await using runtime = await start({ "index.js": source }, variables);
        await runtime.initialised();
        runtime.linger();
        const large = "x".repeat(100_000);
        assert.equal((JSON.parse((await runtime.invoke(JSON.stringify(large))).body) as [string])[0], large);
        await new Promise((resolve) => setTimeout(resolve, 50));
        const [event, turns] = JSON.parse((await runtime.invoke("2")).body) as [number, number];
        assert.ok(event === 2 && turns > 3, `${turns} turns`);
      }
    });

    test("stands still between invocations: timers go on in the next one", async () => {
      const code = `let fired = 'no'; exports.handler = async ({ wait }) => {
        if (!wait) setTimeout(() => { fired = 'yes' }, 1);
        else await new Promise((resolve) => setTimeout(resolve, 5));
        return fired }`;
      await using runtime = await start({ "index.js": code });
      await runtime.initialised();
      assert.equal((await runtime.invoke("{}")).body, '"no"');
      assert.equal((await runtime.invoke('{"wait":true}')).body, '"yes"');
    });

    describe("streams", { concurrency: true }, () => {
      const streaming = (body: string) => `exports.handler = awslambda.streamifyResponse(async (event, stream, context) => { ${body} })`;

      test("chunks as they are written", async () => {
        const code = streaming("stream.setContentType('text/plain'); stream.write('a'); stream.write(Buffer.from('b')); stream.end('c')");
        const { kind, contentType, body, error } = await run(code);
        assert.deepEqual([kind, contentType, body, error], ["end", "text/plain", "abc", undefined]);
      });

      test("in frames of at most 64 KiB, by a pipeline", async () => {
        const code = streaming(
          `await require('stream/promises').pipeline(require('stream').Readable.from([Buffer.alloc(200000, 'x')]), stream)`,
        );
        const { contentType, body, chunkSizes } = await run(code);
        assert.equal(contentType, "application/octet-stream");
        assert.equal(body.length, 200000);
        assert.deepEqual(chunkSizes, [65536, 65536, 65536, 3392]);
      });

      test("metadata before the body, even if that is empty", async () => {
        const code = streaming("awslambda.HttpResponseStream.from(stream, { statusCode: 201 }).end(event.body)");
        for (const expected of ["text", ""]) {
          const { contentType, body } = await run(code, {}, JSON.stringify({ body: expected }));
          assert.equal(contentType, "application/vnd.awslambda.http-integration-response");
          assert.equal(body, `{"statusCode":201}${"\0".repeat(8)}${expected}`);
        }
      });

      test("an error in mid-stream, and one before it", async () => {
        const middle = await run(streaming("stream.write('a'); throw new Error('boom')"));
        assert.deepEqual([middle.kind, middle.body, (middle.error as Error & { errorMessage: string }).errorMessage], ["end", "a", "boom"]);
        const early = await run(streaming("throw new Error('boom')"));
        assert.deepEqual([early.kind, JSON.parse(early.body).errorMessage], ["error", "boom"]);
      });

      test("nothing of a failed answer gets into the next one", async () => {
        const code = streaming(`if (event.fails) { setTimeout(() => stream.write('late'), 1); throw new Error('boom') }
          /* The stream holds the process, not the timer. */ await new Promise((resolve) => setTimeout(resolve, 10).unref()); stream.end('clean')`);
        await using runtime = await start({ "index.js": code });
        await runtime.initialised();
        assert.equal((await runtime.invoke('{"fails":true}')).kind, "error");
        const { kind, body } = await runtime.invoke("{}");
        assert.deepEqual([kind, body], ["end", "clean"]);
      });

      test("again and again", async () => {
        await using runtime = await start({ "index.js": streaming("stream.end(context.awsRequestId)") });
        await runtime.initialised();
        for (const requestId of ["one", "two"]) assert.equal((await runtime.invoke("{}", { requestId })).body, requestId);
      });
    });
  });
}
