import assert from "node:assert/strict";
import { test } from "node:test";
import type { EnvironmentSpec } from "./contract.ts";
import { functionVariables } from "./environment-variables.ts";
import { specOf } from "./fixtures/specs.ts";

const start = {
  link: "frames",
  program: "/node",
  args: [],
  runtimeFolder: "/runtime",
  variables: () => ({ NODE_PATH: "/modules" }),
  readable: [],
} as const;
const credentials = { accessKeyId: "ASIA", secretAccessKey: "secret", sessionToken: "token", expiresAtMs: 0 };

function variablesOf(changes: Partial<EnvironmentSpec>): Record<string, string> {
  return functionVariables(
    specOf(changes),
    credentials,
    start,
    { task: "/var/task", layers: "/opt", hasFileSystems: true },
    "2026/01/15/[$LATEST]00",
  );
}

test("the reserved variables are all there", () => {
  const { LANG, TZ, PATH, LD_LIBRARY_PATH, AWS_XRAY_CONTEXT_MISSING, AWS_XRAY_DAEMON_ADDRESS, NODE_PATH, ...reserved } = variablesOf({
    runtime: "nodejs22.x",
  });
  assert.deepEqual([LANG, TZ, NODE_PATH], ["en_US.UTF-8", ":UTC", "/modules"]);
  assert.ok(PATH && LD_LIBRARY_PATH && AWS_XRAY_CONTEXT_MISSING && AWS_XRAY_DAEMON_ADDRESS);
  assert.deepEqual(reserved, {
    AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
    _HANDLER: "index.handler",
    AWS_REGION: "eu-central-1",
    AWS_DEFAULT_REGION: "eu-central-1",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x",
    AWS_LAMBDA_FUNCTION_NAME: "hello",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/hello",
    AWS_LAMBDA_LOG_STREAM_NAME: "2026/01/15/[$LATEST]00",
    AWS_LAMBDA_LOG_FORMAT: "Text",
    AWS_ACCESS_KEY: "ASIA",
    AWS_ACCESS_KEY_ID: "ASIA",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_SESSION_TOKEN: "token",
    LAMBDA_TASK_ROOT: "/var/task",
    LAMBDA_RUNTIME_DIR: "/runtime",
  });
});

test("the customer replaces defaults, and never what is reserved", () => {
  const variables = variablesOf({
    variables: { TZ: "Europe/Berlin", NODE_PATH: "/mine", AWS_ENDPOINT_URL: "http://real", MINE: "1", AWS_REGION: "moon" },
  });
  assert.deepEqual(
    [variables.TZ, variables.NODE_PATH, variables.AWS_ENDPOINT_URL, variables.MINE, variables.AWS_REGION],
    ["Europe/Berlin", "/mine", "http://real", "1", "eu-central-1"],
  );
});

test("custom runtimes have no AWS_EXECUTION_ENV; a log level is passed on", () => {
  const variables = variablesOf({ runtime: "provided.al2023", logging: { format: "JSON", group: "g", applicationLevel: "WARN" } });
  assert.equal(variables.AWS_EXECUTION_ENV, undefined);
  assert.deepEqual([variables.AWS_LAMBDA_LOG_FORMAT, variables.AWS_LAMBDA_LOG_LEVEL], ["JSON", "WARN"]);
});
