/** Runtimes that are started ahead of need, and told by a frame which function they are for. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { installed, RuntimeProcess } from "./runtime-process.ts";

const runtimesFolder = join(import.meta.dirname, "../../runtimes");
const searchPath = [dirname(process.execPath), process.env["PATH"] ?? ""].join(":");

const files = {
  "index.js": `
    exports.handler = async (event, context) => ({
      name: context.functionName, greeting: process.env.GREETING, names: Object.keys(process.env), folder: process.cwd() === __dirname });
    exports.failing = 1;`,
  "app.py": `
import os
def handler(event, context):
    return {"name": context.function_name, "greeting": os.environ["GREETING"], "names": list(os.environ), "folder": os.getcwd() == os.path.dirname(__file__)}
failing = 1
`,
};

const families = [
  { family: "nodejs", names: ["node"], args: ["bootstrap.mjs"], handler: "index.handler", missing: "index.missing" },
  {
    family: "python",
    names: ["python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14"],
    args: ["bootstrap.py"],
    handler: "app.handler",
    missing: "app.missing",
  },
];

for (const { family, names, args, handler, missing } of families) {
  for (const { program, version } of installed(names, searchPath)) {
    const start = (): Promise<RuntimeProcess> =>
      RuntimeProcess.start([program, ...args.map((name) => join(runtimesFolder, family, name))], files, { FORMER: "1" });
    const variables = { GREETING: "hello", AWS_LAMBDA_FUNCTION_NAME: "late", AWS_EXECUTION_ENV: `AWS_Lambda_${family}24.x` };

    describe(`${family} on ${version}, started ahead of need`, { concurrency: true }, () => {
      test("becomes the function that it is told of", async () => {
        await using runtime = await start();
        assert.equal((await runtime.initialised()).kind, "booted");
        assert.equal((await runtime.specialise({ ...variables, _HANDLER: handler })).kind, "ready");
        const { name, greeting, names: found, folder } = JSON.parse((await runtime.invoke("{}")).body);
        assert.deepEqual({ name, greeting, folder }, { name: "late", greeting: "hello", folder: true });
        // The locale is what Python makes of the C one at its start.
        const set = found.filter((variable: string) => variable !== "LC_CTYPE");
        assert.deepEqual(set.toSorted(), [...Object.keys(variables), "LAMBDA_TASK_ROOT", "_HANDLER", "_X_AMZN_TRACE_ID"].toSorted());
      });

      test("reports what is wrong with it", async () => {
        await using runtime = await start();
        await runtime.initialised();
        const { kind, body } = await runtime.specialise({ ...variables, _HANDLER: missing });
        assert.equal(kind, "initError");
        assert.equal(JSON.parse(body).errorType, "Runtime.HandlerNotFound");
        assert.equal(await runtime.exitCode, 1);
      });

      test("ends with the supervisor", async () => {
        await using runtime = await start();
        await runtime.initialised();
        await runtime[Symbol.asyncDispose]();
        assert.equal(await runtime.exitCode, 0);
      });
    });
  }
}
