/** Each runtime identifier runs what it should, as far as this machine has its interpreter; what it lacks is said. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { InvalidRuntimeException, type InvokeCommandOutput, type Runtime } from "@aws-sdk/client-lambda";
import { silentLog } from "#kit/log.ts";
import { RuntimeCatalog } from "#sandbox/runtimes/catalog.ts";
import { createFunction, payloadOf } from "#test/functions.ts";
import { zipOf } from "#test/packages.ts";
import { type Product, startProduct, toolchainFolder } from "#test/product.ts";

const run = promisify(execFile);
const productFolder = resolve(import.meta.dirname, "../..");

const nodeSource = `
  const { S3Client } = require("@aws-sdk/client-s3");
  exports.handler = async (event, context) => ({
    version: process.version,
    hasSdk: typeof S3Client === "function",
    name: context.functionName,
    environment: process.env.AWS_EXECUTION_ENV,
  });`;
const esmSource = `
  import { STSClient } from "@aws-sdk/client-sts";
  export const handler = async () => typeof STSClient;`;
const pythonSource = `
import os, sys
def handler(event, context):
    return {"version": sys.version, "name": context.function_name, "environment": os.environ["AWS_EXECUTION_ENV"]}
`;

const boto3Source = `
import boto3
def handler(event, context):
    return {"arn": boto3.client("sts").get_caller_identity()["Arn"], "isOurs": "/python-sdk-" in boto3.__file__}
`;

/** Speaks the Runtime API with curl, as AWS's tutorial for custom runtimes does. */
const shellBootstrap = `#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
headers=$(mktemp)
while true; do
  event=$(curl -sS -D "$headers" "$api/invocation/next")
  id=$(sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: *\\([^[:space:]]*\\).*/\\1/p' "$headers")
  curl -sS -X POST "$api/invocation/$id/response" -d "{\\"echo\\": $event, \\"handler\\": \\"$_HANDLER\\"}" > /dev/null
done
`;

const works = (program: string): Promise<boolean> =>
  run(program, ["--version"]).then(
    () => true,
    () => false,
  );

const hasCurl = await works("curl");
const hasCompiler = await works("cc");

describe("the runtime", () => {
  let product: Product;

  before(async () => {
    product = await startProduct();
  });
  after(() => product[Symbol.asyncDispose]());

  /** The answer, or undefined when the machine lacks the interpreter, which the test then says. */
  const invokeOrSkip = async (context: TestContext, name: string): Promise<InvokeCommandOutput | undefined> => {
    try {
      return await product.lambda.invoke({ FunctionName: name });
    } catch (error) {
      if (!(error instanceof InvalidRuntimeException)) throw error;
      assert.match(error.message, /missing/);
      context.skip(error.message);
      return undefined;
    }
  };

  for (const major of [20, 22, 24, 26]) {
    test(`nodejs${major}.x is Node.js ${major}, with the AWS SDK`, async (context) => {
      const name = `node-${major}`;
      await createFunction(product.lambda, name, nodeSource, { Runtime: `nodejs${major}.x` as Runtime });
      const answer = await invokeOrSkip(context, name);
      if (answer === undefined) return;
      const { version, ...rest } = payloadOf(answer) as { version: string };
      assert.match(version, new RegExp(`^v${major}\\.`));
      assert.deepEqual(rest, { hasSdk: true, name, environment: `AWS_Lambda_nodejs${major}.x` });

      const code = { ZipFile: await zipOf({ "index.mjs": esmSource }) };
      await createFunction(product.lambda, `${name}-esm`, "", { Runtime: `nodejs${major}.x` as Runtime, Code: code });
      assert.equal(payloadOf(await product.lambda.invoke({ FunctionName: `${name}-esm` })), "function");
    });
  }

  for (const minor of [9, 10, 11, 12, 13, 14]) {
    test(`python3.${minor} is Python 3.${minor}`, async (context) => {
      const name = `python-3-${minor}`;
      const code = { ZipFile: await zipOf({ "app.py": pythonSource }) };
      await createFunction(product.lambda, name, "", { Runtime: `python3.${minor}` as Runtime, Handler: "app.handler", Code: code });
      const answer = await invokeOrSkip(context, name);
      if (answer === undefined) return;
      const { version, ...rest } = payloadOf(answer) as { version: string };
      assert.ok(version.startsWith(`3.${minor}.`), version);
      assert.deepEqual(rest, { name, environment: `AWS_Lambda_python3.${minor}` });
    });
  }

  test("a Python finds boto3, and by it this product", async (context) => {
    const catalog = new RuntimeCatalog({ productFolder, toolchainFolder, searchPath: process.env["PATH"] ?? "", log: silentLog });
    const versions = ["python3.13", "python3.12", "python3.11", "python3.10", "python3.9"];
    const surveys = await Promise.all(versions.map(async (version) => ({ version, ...(await catalog.survey(version)) })));
    const here = surveys.find(({ state }) => state !== "missing");
    if (!here) return context.skip("there is no Python here");
    const code = { ZipFile: await zipOf({ "app.py": boto3Source }) };
    await createFunction(product.lambda, "boto3", "", {
      Runtime: here.version as Runtime,
      Handler: "app.handler",
      Code: code,
      Timeout: 60,
    });
    if ((await catalog.survey(here.version)).state !== "ready") return context.skip("PyPI cannot be reached");
    const { arn, isOurs } = payloadOf(await product.lambda.invoke({ FunctionName: "boto3" })) as { arn: string; isOurs: boolean };
    assert.match(arn, /^arn:aws:sts::000000000000:assumed-role\/function-role\/boto3$/);
    assert.ok(isOurs);
  });

  test("provided.al2023 runs a shell script", { skip: !hasCurl && "curl is not installed here" }, async () => {
    const code = { ZipFile: await zipOf({ bootstrap: shellBootstrap }, 0o100755) };
    await createFunction(product.lambda, "shell", "", { Runtime: "provided.al2023", Handler: "any.thing", Code: code });
    for (const number of [1, 2]) {
      const answer = await product.lambda.invoke({ FunctionName: "shell", Payload: JSON.stringify({ number }) });
      assert.deepEqual(payloadOf(answer), { echo: { number }, handler: "any.thing" });
    }
  });

  test("provided.al2 runs a compiled program", { skip: !hasCompiler && "there is no C compiler here" }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "pilotlight-compiled-"));
    await writeFile(join(folder, "bootstrap.c"), compiledSource);
    await run("cc", ["-o", join(folder, "bootstrap"), join(folder, "bootstrap.c")]);
    const program = await readFile(join(folder, "bootstrap"));
    await rm(folder, { recursive: true });
    await createFunction(product.lambda, "compiled", "", {
      Runtime: "provided.al2",
      Code: { ZipFile: await zipOf({ bootstrap: program }, 0o100755) },
    });
    assert.deepEqual(payloadOf(await product.lambda.invoke({ FunctionName: "compiled" })), { compiled: true });
    assert.deepEqual(payloadOf(await product.lambda.invoke({ FunctionName: "compiled" })), { compiled: true });
  });

  test("that does not exist is refused at creation", async () => {
    const creation = (runtime: string) => createFunction(product.lambda, "never", nodeSource, { Runtime: runtime as Runtime });
    await assert.rejects(creation("nodejs12.x"), {
      name: "InvalidParameterValueException",
      message: /^The runtime parameter of nodejs12\.x is no longer supported/,
    });
    await assert.rejects(creation("dotnet8"), {
      name: "InvalidParameterValueException",
      message: /^Pilotlight does not run dotnet8 as a managed runtime\. Publish .* provided\.al2023\.$/,
    });
    await assert.rejects(creation("cobol74"), {
      name: "InvalidParameterValueException",
      message: /^Value cobol74 at 'runtime' failed to satisfy constraint/,
    });
  });
});

/** The smallest custom runtime: plain sockets, one invocation after the other. */
const compiledSource = `
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static int call(const char *request, char *answer, size_t size) {
  char *api = strdup(getenv("AWS_LAMBDA_RUNTIME_API")), *colon = strchr(api, ':');
  *colon = 0;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(colon + 1))};
  inet_pton(AF_INET, api, &to.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&to, sizeof to)) return 0;
  write(fd, request, strlen(request));
  size_t length = 0;
  ssize_t got;
  while ((got = read(fd, answer + length, size - length - 1)) > 0) length += got;
  answer[length] = 0;
  close(fd);
  return 1;
}

int main(void) {
  static char answer[65536], request[4096];
  const char *body = "{\\"compiled\\":true}";
  while (call("GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: api\\r\\nConnection: close\\r\\n\\r\\n", answer, sizeof answer)) {
    char *header = strcasestr(answer, "lambda-runtime-aws-request-id:"), id[64] = "";
    if (!header) return 1;
    sscanf(header + strlen("lambda-runtime-aws-request-id:"), " %63s", id);
    snprintf(request, sizeof request, "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\nHost: api\\r\\nConnection: close\\r\\nContent-Length: %zu\\r\\n\\r\\n%s", id, strlen(body), body);
    call(request, answer, sizeof answer);
  }
  return 0;
}
`;
